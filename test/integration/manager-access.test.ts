import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { describeWithRedis } from '../support/redis.ts';

let fleet: TestFleet;
let manager: string;

beforeAll(async () => {
  // So long that an end of sessions is only seen by hearing of it.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  await fleet.provision('acme01');
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const ask = (query: string, variables: object = {}, token = manager, graphql = fleet.graphql) =>
  graphql(query, { token, variables: { ...variables } });

const disable = (managerId: string, token?: string, reason?: string, graphql?: GraphQLClient) =>
  ask(
    'mutation ($managerId: ID!, $reason: String) { disableManager(managerId: $managerId, reason: $reason) { username isActive } }',
    { managerId, reason },
    token,
    graphql,
  );
const enable = (managerId: string, token?: string) =>
  ask(
    'mutation ($managerId: ID!) { enableManager(managerId: $managerId) { username isActive } }',
    { managerId },
    token,
  );

const whoAmI = '{ currentManager { username } }';

/** A manager who is signed in, and whose session the application remembers. */
async function colleague(of = fleet) {
  const username = `m-${randomUUID().slice(0, 8)}`;
  const { accessToken, refreshToken } = await of.signInManager(username);
  const { id } = await of.tools.central.manager.findUniqueOrThrow({ where: { username } });
  expect((await ask(whoAmI, {}, accessToken, of.graphql)).codes).toEqual([]);
  return { id, username, accessToken, refreshToken };
}

const recordsOf = (entityId: string) =>
  fleet.tools.central.auditRecord.findMany({
    where: { entityId, action: { startsWith: 'manager.' } },
    orderBy: { createdAt: 'asc' },
    select: { action: true, managerUsername: true, changes: true },
  });

const signIn = (username: string) =>
  fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    variables: { input: { username, password: testPassword } },
  });

describe('disableManager', () => {
  it('ends the manager’s sessions at once, in tenants too, and lets them in no more', async () => {
    const { id, username, accessToken, refreshToken } = await colleague();
    const entered = await ask(
      'mutation { enterTenant(tenantKey: "acme01", reason: "x") { accessToken } }',
      {},
      accessToken,
    );
    const inTenant: string = entered.data.enterTenant.accessToken;
    const users = '{ users { edges { cursor } } }';
    expect((await ask(users, {}, inTenant)).codes).toEqual([]);
    expect((await disable(id)).data.disableManager).toEqual({ username, isActive: false });
    expect((await ask(whoAmI, {}, accessToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await ask(users, {}, inTenant)).codes).toEqual(['UNAUTHENTICATED']);
    const refreshed = await fleet.graphql(
      'mutation ($token: String) { refreshToken(refreshToken: $token) { expiresIn } }',
      { variables: { token: refreshToken } },
    );
    expect(refreshed.codes).toEqual(['UNAUTHENTICATED']);
    expect((await signIn(username)).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  it('is recorded once with who did it and why, however often it is asked for', async () => {
    const { id } = await colleague();
    await disable(id, undefined, 'Has left the company');
    expect((await disable(id, undefined, 'Again')).data.disableManager).toMatchObject({ isActive: false });
    expect(await recordsOf(id)).toMatchObject([
      { action: 'manager.create' },
      {
        action: 'manager.disable',
        managerUsername: 'operator',
        changes: {
          isActive: { before: true, after: false },
          reason: { before: null, after: 'Has left the company' },
        },
      },
    ]);
  });

  it('is refused for oneself', async () => {
    const { id, accessToken } = await colleague();
    const { codes, errors } = await disable(id, accessToken);
    expect(codes).toEqual(['FORBIDDEN']);
    expect(errors[0]?.message).toBe('You can’t disable yourself.');
    expect((await ask(whoAmI, {}, accessToken)).codes).toEqual([]);
  });

  it('leaves one of two managers who disable each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = await Promise.all([colleague(), colleague()]);
      const answers = await Promise.all([
        disable(other.id, one.accessToken),
        disable(one.id, other.accessToken),
      ]);
      expect(answers.flatMap(({ codes }) => codes)).toEqual(['UNAUTHENTICATED']);
      const left = await fleet.tools.central.manager.findMany({
        where: { id: { in: [one.id, other.id] }, isActive: true },
      });
      expect(left).toHaveLength(1);
    }
  });

  it('answers NOT_FOUND for nobody and for who is deleted, and wants a reason of 1 to 500 characters', async () => {
    const { id } = await colleague();
    expect((await disable(id, undefined, 'x'.repeat(501))).codes).toEqual(['VALIDATION_FAILED']);
    expect((await disable(id, undefined, ' ')).codes).toEqual(['VALIDATION_FAILED']);
    await fleet.tools.central.manager.update({ where: { id }, data: { deletedAt: new Date() } });
    for (const nobody of [id, randomUUID()]) {
      expect((await disable(nobody)).codes).toEqual(['NOT_FOUND']);
      expect((await enable(nobody)).codes).toEqual(['NOT_FOUND']);
    }
  });
});

describe('enableManager', () => {
  it('lets a disabled manager sign in again, revives no session, and is recorded once', async () => {
    const { id, username, accessToken } = await colleague();
    await disable(id);
    expect((await enable(id)).data.enableManager).toEqual({ username, isActive: true });
    expect((await enable(id)).data.enableManager).toEqual({ username, isActive: true });
    expect((await ask(whoAmI, {}, accessToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await signIn(username)).codes).toEqual([]);
    expect((await recordsOf(id)).map(({ action }) => action)).toEqual([
      'manager.create',
      'manager.disable',
      'manager.enable',
    ]);
  });
});

describeWithRedis('with another process', (redis) => {
  it('a disabled manager is refused there at once', async () => {
    const shared = await createTestFleet({ REDIS_URL: redis.url, SESSION_CACHE_TTL: '300' });
    try {
      const { graphql } = shared.startApp();
      const token = (await shared.signInManager()).accessToken;
      const { id, accessToken } = await colleague(shared);
      expect((await ask(whoAmI, {}, accessToken, graphql)).codes).toEqual([]);
      expect((await disable(id, token, undefined, shared.graphql)).codes).toEqual([]);
      await vi.waitFor(async () =>
        expect((await ask(whoAmI, {}, accessToken, graphql)).codes).toEqual(['UNAUTHENTICATED']),
      );
    } finally {
      await shared.close();
    }
  });
});
