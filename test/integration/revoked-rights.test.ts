import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { holdNextAnswer } from '../support/held-answers.ts';
import { describeWithRedis } from '../support/redis.ts';
import { addUser, createSessionClient, type SessionTokens } from '../support/session-client.ts';
import { recordStatements } from '../support/statements.ts';

const listUsers = '{ users { edges { cursor } } }';
const newPassword = 'Brand-new-1!';

/** Somebody who is about to lose something. */
interface Loser extends SessionTokens {
  readonly userId: string;
  readonly username: string;
  readonly roleId: string;
  readonly adminToken: string;
  /** Adds sessions, bypassing the application, up to the maximum per user; the loser's own is the oldest. */
  readonly fillSessions: () => Promise<void>;
}

/** One way to take rights away, through the application. */
interface Loss {
  readonly name: string;
  take(graphql: GraphQLClient, loser: Loser): Promise<{ codes: readonly string[] }>;
  /** The answer to the access token from then on. */
  readonly code: string;
}

const asAdmin = (document: string) => (graphql: GraphQLClient, loser: Loser) =>
  graphql(document, {
    token: loser.adminToken,
    variables: { userId: loser.userId, roleId: loser.roleId, sessionId: sessionIdOf(loser.accessToken) },
  });
const sessionIdOf = (token: string) => z.object({ sid: z.uuid() }).parse(decodeJwt(token)).sid;

const losses: readonly Loss[] = [
  {
    name: 'another role',
    take: asAdmin(
      'mutation ($userId: ID!) { updateUser(userId: $userId, input: { roleId: null }) { uuid } }',
    ),
    code: 'FORBIDDEN',
  },
  {
    name: 'a permission removed from the role',
    take: asAdmin(
      'mutation ($roleId: ID!) { updateRole(roleId: $roleId, input: { permissions: ["branches:read"] }) { uuid } }',
    ),
    code: 'FORBIDDEN',
  },
  {
    name: 'deactivation',
    take: asAdmin(
      'mutation ($userId: ID!) { updateUser(userId: $userId, input: { isActive: false }) { uuid } }',
    ),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'deletion',
    take: asAdmin('mutation ($userId: ID!) { deleteUser(userId: $userId) { success } }'),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a password reset',
    take: asAdmin('mutation ($userId: ID!) { resetPassword(userId: $userId) { expiresAt } }'),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a change of the password',
    take: async (graphql, { username, accessToken }) => {
      // From another device: this session ends all the same.
      const client = createSessionClient(graphql);
      const other = await client.signIn(username);
      expect(other.accessToken).not.toBe(accessToken);
      return client.changePassword(testPassword, newPassword, { token: other.accessToken });
    },
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a sign-in with a new password',
    take: (graphql, { username }) => createSessionClient(graphql).login({ username, newPassword }),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'a sign-in beyond the limit of 100 sessions',
    take: async (graphql, { username, fillSessions }) => {
      await fillSessions();
      return createSessionClient(graphql).login({ username });
    },
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'both sides of a forked session going on',
    take: async (graphql, { refreshToken }) => {
      const client = createSessionClient(graphql);
      const [one, other] = [await client.renew(refreshToken), await client.renew(refreshToken)];
      await client.renew(one.refreshToken);
      expect((await client.refresh(other.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
      return { codes: [] };
    },
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'logout',
    take: (graphql, { accessToken }) => createSessionClient(graphql).logout({ token: accessToken }),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'logout with the refresh token',
    take: (graphql, { refreshToken }) =>
      createSessionClient(graphql).logout({ variables: { token: refreshToken } }),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'logoutEverywhere',
    take: asAdmin('mutation ($userId: ID!) { logoutEverywhere(userId: $userId) { success } }'),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'revokeSession',
    take: asAdmin(
      'mutation ($userId: ID!, $sessionId: ID!) { revokeSession(sessionId: $sessionId, userId: $userId) { success } }',
    ),
    code: 'UNAUTHENTICATED',
  },
  {
    name: 'reuse of a refresh token',
    take: async (graphql, { refreshToken }) => {
      const client = createSessionClient(graphql);
      await client.renew((await client.renew(refreshToken)).refreshToken);
      const { codes } = await client.refresh(refreshToken);
      expect(codes).toEqual(['UNAUTHENTICATED']);
      return { codes: [] };
    },
    code: 'UNAUTHENTICATED',
  },
];

/** A fleet with an administrator, and users who hold a role of their own. */
async function createOffice(overrides: Readonly<Record<string, string>>) {
  const fleet = await createTestFleet(overrides);
  const acme = await fleet.provision('acme01');
  const { accessToken: adminToken } = await fleet.signIn('acme01');
  let count = 0;
  return {
    fleet,
    acme,
    async hire(): Promise<Loser> {
      const username = `loser${++count}`;
      const { data } = await fleet.graphql(
        'mutation ($code: String!) { createRole(input: { code: $code, name: "R", permissions: ["users:read", "branches:read"] }) { uuid } }',
        { token: adminToken, variables: { code: username } },
      );
      const roleId: string = data.createRole.uuid;
      const userId = await addUser(acme, username, { roleId });
      const tokens = await fleet.signIn('acme01', username);
      const fillSessions = async () => {
        const lastUsedAt = new Date(Date.now() + 60_000);
        const expiresAt = new Date(Date.now() + 86_400_000);
        const newer = Array.from({ length: 99 }, () => ({
          id: randomUUID(),
          userId,
          lastUsedAt,
          expiresAt,
        }));
        await acme.db.session.createMany({ data: newer });
      };
      return { userId, username, roleId, adminToken, fillSessions, ...tokens };
    },
  };
}

/** Measures the milliseconds until the token is refused. */
async function outlives(graphql: GraphQLClient, token: string, code: string): Promise<number> {
  const begun = performance.now();
  let lastServed = begun;
  await vi.waitFor(
    async () => {
      const sent = performance.now();
      const { codes } = await graphql(listUsers, { token });
      if (codes.length === 0) lastServed = sent;
      expect(codes).toEqual([code]);
    },
    { timeout: 10_000, interval: 10 },
  );
  return lastServed - begun;
}

/** Takes something away in one application while another has just served the token. */
async function measure(loss: Loss, loser: Loser, here: GraphQLClient, there: GraphQLClient): Promise<number> {
  // Remembered in both.
  for (const graphql of [here, there]) {
    expect((await graphql(listUsers, { token: loser.accessToken })).codes).toEqual([]);
  }
  expect((await loss.take(here, loser)).codes).toEqual([]);
  return outlives(there, loser.accessToken, loss.code);
}

const report = (where: string, loss: string, milliseconds: number) =>
  process.stdout.write(`    ${where}: ${loss}: in force after ${milliseconds.toFixed(0)} ms\n`);

describe('an access token in the process that takes rights away', () => {
  let office: Awaited<ReturnType<typeof createOffice>>;
  beforeAll(async () => {
    // Long enough for a figure below a second to be the doing of the change, not of the clock.
    office = await createOffice({ SESSION_CACHE_TTL: '300' });
  });
  afterAll(() => office.fleet.close());

  it.each(losses)('is refused at once after $name', async (loss) => {
    const { graphql } = office.fleet;
    const milliseconds = await measure(loss, await office.hire(), graphql, graphql);
    report('same process', loss.name, milliseconds);
    expect(milliseconds).toBe(0);
  });

  it('is refused at once when the tenant is suspended', async () => {
    const { fleet, hire } = office;
    const loser = await hire();
    expect((await fleet.graphql(listUsers, { token: loser.accessToken })).codes).toEqual([]);
    await suspend(fleet, true);
    try {
      expect(await outlives(fleet.graphql, loser.accessToken, 'TENANT_SUSPENDED')).toBe(0);
    } finally {
      await suspend(fleet, false);
    }
  });

  it('gains nothing by a look-up that was under way when the change was committed', async () => {
    const { fleet, hire } = office;
    const loser = await hire();
    const { graphql } = fleet.startApp({ SESSION_CACHE_TTL: '300' });
    // The look-up has read the old rights, and its answer is still on the way.
    const answer = holdNextAnswer('sys.sessions', String(decodeJwt(loser.accessToken).sid));
    onTestFinished(answer.release);
    const early = graphql(listUsers, { token: loser.accessToken });
    await answer.answered;
    const taken = await graphql(
      'mutation ($userId: ID!) { updateUser(userId: $userId, input: { roleId: null }) { uuid } }',
      { token: loser.adminToken, variables: { userId: loser.userId } },
    );
    expect(taken.errors).toEqual([]);
    const late = graphql(listUsers, { token: loser.accessToken });
    // What comes after the change looks for itself, and does not wait for the look-up from before.
    expect((await late).codes).toEqual(['FORBIDDEN']);
    answer.release();
    // This one was on its way before the change, and nobody after it is served by what it has read.
    expect((await early).codes).toEqual([]);
    expect((await graphql(listUsers, { token: loser.accessToken })).codes).toEqual(['FORBIDDEN']);
  });
});

describeWithRedis('an access token in another process', (redis) => {
  let office: Awaited<ReturnType<typeof createOffice>>;
  let other: GraphQLClient;
  beforeAll(async () => {
    office = await createOffice({ SESSION_CACHE_TTL: '300', REDIS_URL: redis.url });
    other = office.fleet.startApp().graphql;
  });
  afterAll(() => office.fleet.close());

  it.each(losses)('is refused within 2 seconds of $name, told by Redis', async (loss) => {
    const milliseconds = await measure(loss, await office.hire(), office.fleet.graphql, other);
    report('other process, Redis', loss.name, milliseconds);
    expect(milliseconds).toBeLessThan(2_000);
  });

  it('is refused within 2 seconds of a suspension, told by Redis', async () => {
    const { fleet, hire } = office;
    const loser = await hire();
    expect((await other(listUsers, { token: loser.accessToken })).codes).toEqual([]);
    await suspend(fleet, true);
    try {
      const milliseconds = await outlives(other, loser.accessToken, 'TENANT_SUSPENDED');
      report('other process, Redis', 'suspension', milliseconds);
      expect(milliseconds).toBeLessThan(2_000);
    } finally {
      await suspend(fleet, false);
    }
  });
});

describe('an access token in another process without Redis', () => {
  let office: Awaited<ReturnType<typeof createOffice>>;
  let other: GraphQLClient;
  beforeAll(async () => {
    office = await createOffice({ SESSION_CACHE_TTL: '1', TENANT_DIRECTORY_CACHE_TTL: '1' });
    other = office.fleet.startApp().graphql;
  });
  afterAll(() => office.fleet.close());

  it.concurrent.each(losses)('is refused within SESSION_CACHE_TTL of $name', async (loss) => {
    const milliseconds = await measure(loss, await office.hire(), office.fleet.graphql, other);
    report('other process, no Redis, SESSION_CACHE_TTL=1', loss.name, milliseconds);
    expect(milliseconds).toBeLessThan(1_000);
  });
});

describe('the check of the session', () => {
  it('costs a request that finds it remembered no statement, and another one exactly one', async () => {
    // Answers that are kept have statements of their own: see response-cache.test.ts.
    const { fleet, hire } = await createOffice({ SESSION_CACHE_TTL: '300', RESPONSE_CACHE_TTL: '0' });
    try {
      const { accessToken: token } = await hire();
      const ask = (document: string, graphql = fleet.graphql) =>
        recordStatements(async () => {
          expect((await graphql(document, { token })).errors).toEqual([]);
        });
      await ask('{ __typename }');
      const warm = await ask('{ __typename }');
      const { graphql } = fleet.startApp();
      await ask('{ me { username } }', graphql);
      const warmList = await ask(listUsers, graphql);
      await forget(fleet, graphql);
      const coldList = await ask(listUsers, graphql);
      process.stdout.write(
        `    statements: warm ${warmList.length}, cold ${coldList.length}; no field at all, warm: ${warm.length}\n`,
      );
      expect(warm).toEqual([]);
      expect(warmList).toHaveLength(1);
      expect(coldList).toHaveLength(2);
      expect(coldList[0]).toMatch(/sessions/);
    } finally {
      await fleet.close();
    }
  });
});

/** Clears an application's cached sessions of the tenant, through a change there. */
async function forget(fleet: TestFleet, graphql: GraphQLClient): Promise<void> {
  const { accessToken } = await fleet.signIn('acme01');
  const { errors } = await graphql('mutation { logout { success } }', { token: accessToken });
  expect(errors).toEqual([]);
}

async function suspend(fleet: TestFleet, suspended: boolean): Promise<void> {
  await fleet.tools.central.tenant.update({
    where: { tenantKey: 'acme01' },
    data: { status: suspended ? 'suspended' : 'active', isActive: !suspended },
  });
  await fleet.tools.invalidate('acme01');
}
