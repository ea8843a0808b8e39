import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { rootFields } from '../support/full-operation.ts';
import { isForManagers, managerOperations } from '../support/manager-operations.ts';
import { holdTurn, lockRow, meetInTurn } from '../support/row-locks.ts';
import { sampleArguments } from '../support/sample-arguments.ts';
import { addUser } from '../support/session-client.ts';
import { administratorRoleId } from '../support/sessions.ts';
import { readEveryRow } from '../support/snapshots.ts';

let fleet: TestFleet;
let acme: TestTenant;
let roleId: string;

beforeAll(async () => {
  // So long that changes are only seen by looking for them.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  roleId = await administratorRoleId(acme);
});
afterAll(() => fleet.close());

const send = (token: string, query: string, variables: Record<string, unknown> = {}) =>
  fleet.graphql(query, { token, variables });
const sessionIdOf = (token: string) => z.object({ sid: z.uuid() }).parse(decodeJwt(token)).sid;

/** Adds an administrator for one test, whose session the application remembers. */
async function administrator(username: string) {
  const userId = await addUser(acme, username, { roleId });
  const { accessToken } = await fleet.signIn('acme01', username);
  expect((await send(accessToken, '{ me { username } }')).codes).toEqual([]);
  return { userId, accessToken };
}

const everyMutation = [...rootFields(schema)].filter(
  ([coordinate]) => coordinate.startsWith('Mutation.') && !/\.(login|logout|refreshToken)$/.test(coordinate),
);
const ofTenants = everyMutation.filter(([, field]) => !isForManagers(field));
const ofManagers = everyMutation.filter(([, field]) => isForManagers(field));

/** A call of the field, with arguments of the right types. */
function callOf([coordinate, { name, args, type }]: (typeof everyMutation)[number]): string {
  expect(coordinate).toBe(`Mutation.${name}`);
  const selection = /^(Int|String|Boolean)!?$/.test(String(type)) ? '' : '{ __typename }';
  return `${name}${sampleArguments(args)} ${selection}`;
}

describe('a field of a mutation', () => {
  it('that ends all sessions of another is not done after the viewer’s own has ended in the same request', async () => {
    const { accessToken } = await administrator('leaver');
    const { userId, accessToken: others } = await administrator('bystander');
    const { data, errors } = await send(
      accessToken,
      'mutation ($userId: ID!) { logout { success } logoutEverywhere(userId: $userId) { success } }',
      { userId },
    );
    expect(data).toEqual({ logout: { success: true }, logoutEverywhere: null });
    expect(errors).toMatchObject([{ path: ['logoutEverywhere'], extensions: { code: 'UNAUTHENTICATED' } }]);
    expect((await send(others, '{ me { username } }')).codes).toEqual([]);
  });

  it.each(ofTenants)('is refused after the session has ended in the same request: %s', async (...field) => {
    const { accessToken } = await administrator(`ended-${field[1].name.toLowerCase()}`);
    const before = await acme.db.auditRecord.count();
    const { errors } = await send(accessToken, `mutation { logout { success } later: ${callOf(field)} }`);
    expect(errors).toMatchObject([{ path: ['later'], extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(await acme.db.auditRecord.count()).toBe(before + 1);
  });

  it.each(ofTenants)('is refused when the user was deactivated unheard: %s', async (...field) => {
    const { accessToken, userId } = await administrator(`unheard-${field[1].name.toLowerCase()}`);
    await acme.db.user.update({ where: { id: userId }, data: { isActive: false } });
    const before = await readEveryRow(acme.db);
    const { codes } = await send(accessToken, `mutation { ${callOf(field)} }`);
    expect(codes).toEqual(['UNAUTHENTICATED']);
    expect(await readEveryRow(acme.db)).toEqual(before);
    // Having looked, the application knows it for queries, too.
    expect((await send(accessToken, '{ me { username } }')).codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each(ofTenants)('is refused when rights were taken away unheard: %s', async (...field) => {
    const { accessToken, userId } = await administrator(`demoted-${field[1].name.toLowerCase()}`);
    await acme.db.user.update({ where: { id: userId }, data: { roleId: null } });
    const before = await readEveryRow(acme.db);
    expect((await send(accessToken, `mutation { ${callOf(field)} }`)).codes).toEqual(['FORBIDDEN']);
    expect(await readEveryRow(acme.db)).toEqual(before);
  });

  it.each([
    ['somebody else’s', 'mutation ($userId: ID!) { logoutEverywhere(userId: $userId) { success } }'],
    ['their own', 'mutation { logoutEverywhere { success } }'],
  ])('on %s sessions takes its turn behind the deactivation of who asked for it', async (whose, document) => {
    const name = whose.startsWith('their') ? 'own' : 'else';
    const boss = await administrator(`boss-${name}`);
    const { accessToken, userId } = await administrator(`fired-${name}`);
    const target = await administrator(`spared-${name}`);
    const [, late] = await meetInTurn(acme, [
      () =>
        send(
          boss.accessToken,
          'mutation ($userId: ID!) { updateUser(userId: $userId, input: { isActive: false }) { uuid } }',
          { userId },
        ),
      () => send(accessToken, document, name === 'else' ? { userId: target.userId } : {}),
    ]);
    expect(late?.codes).toEqual(['UNAUTHENTICATED']);
    expect((await send(target.accessToken, '{ me { username } }')).codes).toEqual([]);
  });

  const deactivate = (token: string, userId: string) =>
    send(
      token,
      'mutation ($userId: ID!) { updateUser(userId: $userId, input: { isActive: false }) { uuid } }',
      { userId },
    );
  const createAsset = (token: string, code: string, branchId: string | null = null) =>
    send(token, 'mutation ($input: AssetCreateInput!) { createAsset(input: $input) { uuid } }', {
      input: { code, name: 'N', branchId },
    });

  it('that writes rows takes its turn behind the deactivation of who asked for it', async () => {
    const boss = await administrator('boss-writes');
    const { accessToken, userId } = await administrator('fired-writes');
    const [, late] = await meetInTurn(acme, [
      () => deactivate(boss.accessToken, userId),
      () => createAsset(accessToken, 'Late'),
    ]);
    expect(late?.codes).toEqual(['UNAUTHENTICATED']);
    expect(await acme.db.asset.count({ where: { code: 'Late' } })).toBe(0);
  });

  it('that deactivates somebody waits for the rows that they are writing', async () => {
    const boss = await administrator('boss-waits');
    const { accessToken, userId } = await administrator('fired-waits');
    const branch = await acme.db.branch.create({ data: { code: 'Slow', name: 'B' }, select: { id: true } });
    const answers = await meetInTurn(
      acme,
      [() => createAsset(accessToken, 'Slow', branch.id), () => deactivate(boss.accessToken, userId)],
      lockRow(acme, 'sys.branches', branch.id),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
  });

  it('is refused when its tenant was suspended while an earlier one waited', async () => {
    const { accessToken } = await administrator('suspended');
    const turn = await holdTurn(acme);
    const both = send(
      accessToken,
      'mutation { a: createDepartment(input: { code: "S1", name: "A" }) { code } b: createDepartment(input: { code: "S2", name: "B" }) { code } }',
    );
    await turn.waiters(1);
    const manager = (await fleet.signInManager()).accessToken;
    const change = (field: string) =>
      send(manager, `mutation { ${field}(tenantKey: "acme01", reason: "x") { status } }`);
    expect((await change('suspendTenant')).codes).toEqual([]);
    await turn.release();
    const { errors } = await both;
    await send(manager, 'mutation { resumeTenant(tenantKey: "acme01") { status } }');
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'TENANT_SUSPENDED' } }]);
    expect(await acme.db.department.count({ where: { code: { in: ['S1', 'S2'] } } })).toBe(1);
  });

  it('is done when nothing has changed', async () => {
    const { accessToken } = await administrator('steady');
    const { errors } = await send(
      accessToken,
      'mutation { a: createBranch(input: { code: "T1", name: "A" }) { code } b: createBranch(input: { code: "T2", name: "B" }) { code } }',
    );
    expect(errors).toEqual([]);
  });
});

describe('a field of a manager’s mutation', () => {
  const manager = async () => (await fleet.signInManager(`m${randomUUID().slice(0, 8)}`)).accessToken;
  const everything = async () => {
    const { central } = fleet.tools;
    return [
      await central.tenant.findMany({ orderBy: { id: 'asc' } }),
      await central.tenantConfig.findMany({ orderBy: { id: 'asc' } }),
      await central.provisioningJob.findMany({ orderBy: { id: 'asc' } }),
      await central.auditRecord.count({ where: { action: { startsWith: 'tenant.' } } }),
      await acme.db.auditRecord.count(),
    ];
  };
  const operations = Object.entries(managerOperations('acme01', randomUUID(), randomUUID())).filter(
    ([coordinate]) => coordinate.startsWith('Mutation.'),
  );

  it.each(operations)(
    'is refused after their session has ended in the same request: %s',
    async (_coordinate, { query, variables }) => {
      const token = await manager();
      const before = await everything();
      const { errors } = await send(token, query.replace('{', '{ logout { success } '), { ...variables });
      expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
      expect(await everything()).toEqual(before);
    },
  );

  it.each(ofManagers)('is refused when their session has ended unheard: %s', async (...field) => {
    const token = await manager();
    expect((await send(token, '{ currentManager { username } }')).codes).toEqual([]);
    await fleet.tools.central.managerSession.update({
      where: { id: sessionIdOf(token) },
      data: { revokedAt: new Date() },
    });
    const before = await everything();
    expect((await send(token, `mutation { ${callOf(field)} }`)).codes).toEqual(['UNAUTHENTICATED']);
    expect(await everything()).toEqual(before);
  });

  it.each(ofTenants)('is refused in a tenant when their session has ended unheard: %s', async (...field) => {
    const token = await manager();
    const { data } = await send(
      token,
      'mutation { enterTenant(tenantKey: "acme01", reason: "x") { accessToken } }',
    );
    const inTenant: string = data.enterTenant.accessToken;
    await fleet.tools.central.managerSession.update({
      where: { id: sessionIdOf(token) },
      data: { revokedAt: new Date() },
    });
    const before = await readEveryRow(acme.db);
    expect((await send(inTenant, `mutation { ${callOf(field)} }`)).codes).toEqual(['UNAUTHENTICATED']);
    expect(await readEveryRow(acme.db)).toEqual(before);
  });

  it('is refused in a tenant when they sign out while it waits, and done when another manager does', async () => {
    const enter = async (token: string): Promise<string> => {
      const document = 'mutation { enterTenant(tenantKey: "acme01", reason: "x") { accessToken } }';
      return (await send(token, document)).data.enterTenant.accessToken;
    };
    const [leaver, stayer] = [await manager(), await manager()];
    const [leaving, staying] = [await enter(leaver), await enter(stayer)];
    const turn = await holdTurn(acme);
    const create = (token: string, code: string) =>
      send(token, `mutation { createDepartment(input: { code: "${code}", name: "A" }) { code } }`);
    const answers = [create(leaving, 'L1'), create(staying, 'L2')];
    await turn.waiters(2);
    expect((await send(leaver, 'mutation { logout { success } }')).codes).toEqual([]);
    await turn.release();
    expect((await Promise.all(answers)).map(({ codes }) => codes)).toEqual([['UNAUTHENTICATED'], []]);
    expect(await acme.db.department.findMany({ where: { code: { in: ['L1', 'L2'] } } })).toMatchObject([
      { code: 'L2' },
    ]);
  });

  it('waits no longer than for its turn: a session that ends meanwhile changes no tenant', async () => {
    const token = await manager();
    const { central } = fleet.tools;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    // The session is being ended; the change is sent before that is committed.
    const ending = central.$transaction(async (transaction) => {
      await transaction.managerSession.update({
        where: { id: sessionIdOf(token) },
        data: { revokedAt: new Date() },
      });
      await released;
    });
    const change = send(token, 'mutation { suspendTenant(tenantKey: "acme01", reason: "x") { status } }');
    await expect
      .poll(
        () => central.$queryRaw`
          SELECT count(*)::int AS waiting FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        { timeout: 10_000 },
      )
      .toEqual([{ waiting: 1 }]);
    release();
    await ending;
    expect((await change).codes).toEqual(['UNAUTHENTICATED']);
    expect(await central.tenant.findUnique({ where: { tenantKey: 'acme01' } })).toMatchObject({
      status: 'active',
    });
  });
});
