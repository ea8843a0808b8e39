import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { rootFields } from '../support/full-operation.ts';
import { isForManagers, managerOperations } from '../support/manager-operations.ts';
import { quickHash } from '../support/quick-hash.ts';

let fleet: TestFleet;
let acme: TestTenant;
let manager: string;
const tokens: Record<string, string | undefined> = {};
const jobId = randomUUID();
const otherId = randomUUID();

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  await acme.db.user.create({
    data: {
      username: 'nobody',
      email: 'nobody@example.com',
      fullName: 'Nobody',
      passwordHash: await quickHash(testPassword),
    },
  });
  manager = (await fleet.signInManager()).accessToken;
  const { id } = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'operator' } });
  await fleet.tools.central.manager.create({
    data: {
      id: otherId,
      username: 'other',
      email: 'other@example.com',
      fullName: 'Other',
      passwordHash: 'none',
    },
  });
  await fleet.tools.central.provisioningJob.create({
    data: {
      id: jobId,
      tenantKey: 'failed1',
      status: 'failed',
      finishedAt: new Date(),
      request: {},
      managerId: id,
    },
  });
  const { data } = await fleet.graphql(
    'mutation { enterTenant(tenantKey: "acme01", reason: "Test") { accessToken } }',
    { token: manager },
  );
  tokens.anonymous = undefined;
  tokens['a tenant’s user'] = (await fleet.signIn('acme01', 'nobody')).accessToken;
  tokens['a tenant’s administrator'] = (await fleet.signIn('acme01')).accessToken;
  tokens['a manager who has entered a tenant'] = data.enterTenant.accessToken;
});
afterAll(() => fleet.close());

const ask = (query: string, variables: object = {}, token = manager) =>
  fleet.graphql(query, { token, variables: { ...variables } });

describe('a manager', () => {
  it('gets a token that says so and names no tenant and no permission', () => {
    expect(decodeJwt(manager)).toMatchObject({ role: 'manager', tenant_key: null, permissions: [] });
  });

  it('sees who they are', async () => {
    const { data, errors } = await ask(
      '{ currentManager { id uuid username email fullName lastLoginAt createdAt } }',
    );
    expect(errors).toEqual([]);
    const { id } = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'operator' } });
    expect(data.currentManager).toMatchObject({
      id: encodeGlobalId('Manager', id),
      uuid: id,
      username: 'operator',
      email: 'operator@example.com',
      fullName: 'Manager operator',
      lastLoginAt: expect.any(String),
    });
  });

  it('may ask for nothing of a tenant without entering it', async () => {
    const user = await acme.db.user.findFirstOrThrow();
    const id = encodeGlobalId('User', user.id);
    for (const query of ['{ users { edges { cursor } } }', '{ me { id } }', `{ node(id: "${id}") { id } }`]) {
      expect((await ask(query)).codes).toEqual(['TENANT_REQUIRED']);
    }
  });

  it('fetches what is the platform’s by global id', async () => {
    const { id: recordId } = await fleet.tools.central.auditRecord.findFirstOrThrow();
    const { id: managerId } = await fleet.tools.central.manager.findFirstOrThrow();
    const ids = [
      encodeGlobalId('Tenant', 'acme01'),
      encodeGlobalId('Manager', managerId),
      encodeGlobalId('ProvisioningJob', jobId),
      encodeGlobalId('ManagerAuditRecord', recordId),
      encodeGlobalId('Tenant', 'nobody1'),
      encodeGlobalId('Manager', randomUUID()),
    ];
    const { data, errors } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', {
      ids,
    });
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual([
      { __typename: 'Tenant', id: ids[0] },
      { __typename: 'Manager', id: ids[1] },
      { __typename: 'ProvisioningJob', id: ids[2] },
      { __typename: 'ManagerAuditRecord', id: ids[3] },
      null,
      null,
    ]);
    const one = await ask('query ($id: ID!) { node(id: $id) { ... on Tenant { companyName } } }', {
      id: ids[0],
    });
    expect(one.data.node).toEqual({ companyName: 'Company acme01' });
  });

  it('has access no longer once deactivated', async () => {
    const { accessToken } = await fleet.signInManager('leaver');
    await fleet.tools.central.manager.update({ where: { username: 'leaver' }, data: { isActive: false } });
    const other = fleet.startApp();
    const { codes } = await other.graphql('{ currentManager { id } }', { token: accessToken });
    expect(codes).toEqual(['UNAUTHENTICATED']);
  });
});

describe('each field for managers', () => {
  const operations = managerOperations('acme01', jobId, otherId);

  it('is among the operations below, and no other', () => {
    const forManagers = [...rootFields(schema)].filter(([, field]) => isForManagers(field));
    expect(Object.keys(operations).sort()).toEqual(forManagers.map(([coordinate]) => coordinate).sort());
  });

  it.each(
    Object.entries(operations).flatMap(([coordinate, operation]) =>
      ['anonymous', 'a tenant’s user', 'a tenant’s administrator', 'a manager who has entered a tenant'].map(
        (caller) => [coordinate, caller, operation] as const,
      ),
    ),
  )('%s refuses %s, and does nothing', async (_coordinate, caller, { query, variables }) => {
    const { central } = fleet.tools;
    const state = () =>
      Promise.all([
        central.tenant.findMany(),
        central.tenantConfig.findMany(),
        central.provisioningJob.findMany(),
        central.manager.findMany({ omit: { passwordHash: false } }),
        central.auditRecord.count(),
        acme.db.auditRecord.count(),
      ]);
    const before = await state();
    const { data, codes } = await fleet.graphql(query, { token: tokens[caller], variables });
    expect(codes).toEqual([caller === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN']);
    expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
    expect(await state()).toEqual(before);
  });

  it.each(['Tenant:acme01', `ProvisioningJob:${jobId}`])(
    'node refuses %s to all but managers',
    async (globalId) => {
      const id = Buffer.from(globalId).toString('base64');
      for (const [caller, token] of Object.entries(tokens)) {
        const { codes, data } = await fleet.graphql('query ($id: ID!) { node(id: $id) { id } }', {
          token,
          variables: { id },
        });
        expect(codes).toEqual([caller === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN']);
        expect(data?.node ?? null).toBeNull();
      }
    },
  );
});
