import pMap from 'p-map';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { watchConnections } from '../support/connection-watch.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import {
  count,
  createLoadTenants,
  createTally,
  describeTally,
  type LoadTenant,
  type LoadTenants,
  readOwnName,
  writePosition,
} from '../support/load-tenants.ts';
import { readMetrics } from '../support/metrics.ts';

const tenantCount = 12;

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;
let a: LoadTenant;
let b: LoadTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'budg', tenantCount);
  [a, b] = [loadTenants.at(0), loadTenants.at(1)];
}, 120_000);
afterAll(async () => {
  await fleet.app.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
});

/** Waits until nothing is in use any more: what was taken was given back. */
const settled = (app: App) =>
  vi.waitFor(() => expect(app.connectionStatistics()).toMatchObject({ inUse: 0, waiting: 0 }), {
    timeout: 5_000,
  });

const apps: App[] = [];
const locks = new Set<RowLock>();
afterEach(async () => {
  for (const lock of locks) await lock.release();
  // Its idle connections would be taken for those of the next test's.
  for (const app of apps.splice(0)) await app.close();
});

function startApp(environment: Readonly<Record<string, string>>) {
  const started = fleet.startApp(environment);
  apps.push(started.app);
  return started;
}

interface RowLock {
  /** Resolves once so many statements wait for the row. */
  waiters(count: number): Promise<void>;
  release(): Promise<void>;
}

const waitersSchema = z.tuple([z.object({ waiting: z.int() })]);

/** Locks a tenant’s own user row from outside of the application until released, at the latest after the test. */
async function lockRow({ dbName, userId }: LoadTenant): Promise<RowLock> {
  const client = new pg.Client({ ...fleet.tools.tenantAdminDatasource, database: dbName });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT id FROM sys.users WHERE id = $1 FOR UPDATE', [userId]);
  const lock = {
    waiters: (expected: number) =>
      vi.waitFor(
        async () => {
          // Otherwise a transaction goes on seeing what it saw first.
          await client.query('SELECT pg_stat_clear_snapshot()');
          const { rows } = await client.query(
            `SELECT count(*)::int AS waiting FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          expect(waitersSchema.parse(rows)[0].waiting).toBe(expected);
        },
        { timeout: 10_000, interval: 20 },
      ),
    async release() {
      if (locks.delete(lock)) await client.end();
    },
  };
  locks.add(lock);
  return lock;
}

describe('a budget of one connection', () => {
  it('is enough for every kind of work, several requests of two tenants at a time', async () => {
    const { app, graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '30' });
    const answers = await Promise.all(
      [a, b].flatMap((loadTenant) => [liveThrough(graphql, loadTenant), readEverything(graphql, loadTenant)]),
    );
    expect(answers.flat()).toEqual([]);
    await settled(app);
    expect(app.connectionStatistics().open).toBeLessThanOrEqual(1);
  });

  it('closes another tenant’s idle connection rather than let anybody wait', async () => {
    const { app, graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '1' });
    for (let turn = 0; turn < 10; turn++) {
      for (const loadTenant of [a, b]) {
        const { data, codes } = await readOwnName(graphql, loadTenant);
        expect({ data, codes }).toMatchObject({
          data: { me: { fullName: `Boss of ${loadTenant.tenantKey}` } },
          codes: [],
        });
      }
    }
    expect(app.connectionStatistics()).toMatchObject({ open: 1, busyRefusals: 0 });
  });

  it('gives tenants their turns, however many requests of another wait already', async () => {
    const { graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '30' });
    const flood = 60;
    for (const loadTenant of [a, b]) await readEverything(graphql, loadTenant);
    let answered = 0;
    const noisy = Array.from({ length: flood }, async () => {
      await readEverything(graphql, a);
      answered++;
    });
    expect(await readEverything(graphql, b)).toEqual([]);
    // Its own statements take as many turns as those of one request of the other's.
    expect(answered).toBeLessThan(flood / 2);
    await Promise.all(noisy);
  });

  it('answers TENANT_BUSY with Retry-After when none becomes free in time, and serves again afterwards', async () => {
    const { app, graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '1' });
    expect((await readOwnName(graphql, b)).codes).toEqual([]);
    const lock = await lockRow(a);
    const held = writePosition(graphql, a, 'held');
    await lock.waiters(1);
    const { errors, headers } = await readOwnName(graphql, b);
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      { code: 'TENANT_BUSY', retryAfter: 1, retryable: true },
    ]);
    expect(headers.get('retry-after')).toBe('1');
    await lock.release();
    expect((await held).codes).toEqual([]);
    expect((await readOwnName(graphql, b)).codes).toEqual([]);
    await settled(app);
    const metrics = await readMetrics(app);
    expect(metrics).toMatch(/^tenant_busy_refusals_total [1-9]/m);
    expect(metrics).toMatch(/^tenant_connection_budget 1$/m);
  });

  it('says that a change is busy, too, when its transaction can’t begin in time', async () => {
    const { app, graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '1' });
    expect((await readOwnName(graphql, b)).codes).toEqual([]);
    const lock = await lockRow(a);
    const held = writePosition(graphql, a, 'held');
    await lock.waiters(1);
    expect((await writePosition(graphql, b, 'late')).codes).toEqual(['TENANT_BUSY']);
    await lock.release();
    await held;
    await settled(app);
  });

  it('gets back what a client has taken along that went away', async () => {
    const { app, graphql } = startApp({ CONNECTION_BUDGET: '1', TENANT_CONNECTION_TIMEOUT: '5' });
    await readOwnName(graphql, a);
    await Promise.all(
      Array.from({ length: 30 }, async (_, turn) => {
        const abort = new AbortController();
        const answer = app.fetch(
          new Request('http://api.test/graphql', {
            method: 'POST',
            signal: abort.signal,
            headers: { 'content-type': 'application/json', authorization: `Bearer ${a.token}` },
            body: JSON.stringify({ query: '{ users(first: 5) { edges { node { fullName } } } }' }),
          }),
        );
        setTimeout(() => abort.abort(), turn);
        await answer.catch(() => undefined);
      }),
    );
    await settled(app);
    expect((await readOwnName(graphql, b)).codes).toEqual([]);
  });
});

describe('a budget of three connections', () => {
  it(`is never exceeded by requests to ${tenantCount} tenants whose clients are evicted all the while`, async () => {
    const { app, graphql } = startApp({
      CONNECTION_BUDGET: '3',
      TENANT_CLIENT_CAPACITY: '2',
      TENANT_CONNECTION_TIMEOUT: '30',
    });
    const databases = loadTenants.all.map(({ dbName }) => dbName);
    const watch = await watchConnections(inject('postgresUrl'), databases);
    const tally = createTally();
    await pMap(
      Array.from({ length: 150 }, (_, turn) => turn),
      (turn) => {
        const loadTenant = loadTenants.at((turn * 5) % tenantCount);
        const request =
          turn % 4 === 0 ? writePosition(graphql, loadTenant, 'x') : readOwnName(graphql, loadTenant);
        return count(tally, loadTenant, () => request);
      },
      { concurrency: 12 },
    );
    const { most, looks } = await watch.stop();
    process.stdout.write(
      `budget of 3: ${describeTally(tally)}, at most ${most} connections in ${looks} looks\n`,
    );
    expect(tally).toMatchObject({ failed: 0, wrongTenant: 0 });
    expect(most).toBeLessThanOrEqual(3);
    expect(most).toBeGreaterThan(1);
    await settled(app);
  }, 60_000);
});

describe('a tenant’s plan', () => {
  const planLimits = JSON.stringify({
    starter: { concurrency: 1, statementTimeoutSeconds: 1 },
    pro: { concurrency: 2, statementTimeoutSeconds: 15 },
  });
  const setPlan = async (plan: string) => {
    await fleet.tools.central.tenant.update({ where: { tenantKey: a.tenantKey }, data: { plan } });
    await fleet.tools.invalidate(a.tenantKey);
  };

  it('says how many connections it may use and for how long a statement may run, from the next request on', async () => {
    const { app, graphql } = startApp({ PLAN_LIMITS: planLimits, TENANT_DIRECTORY_CACHE_TTL: '1' });
    const inUseBy = async (requests: number, limit: number) => {
      const lock = await lockRow(a);
      // Two changes ask for connections at once; the others wait for their turn without one.
      const held = Array.from({ length: requests }, () => writePosition(graphql, a, 'held'));
      await lock.waiters(limit);
      held.push(readOwnName(graphql, a));
      await vi.waitFor(() => expect(app.connectionStatistics().waiting).toBeGreaterThan(0));
      const { inUse } = app.connectionStatistics();
      return { inUse, held, lock };
    };
    await setPlan('pro');
    await app.directory.invalidate(a.tenantKey);
    await readOwnName(graphql, a);
    const pro = await inUseBy(5, 2);
    expect(pro.inUse).toBe(2);
    await setPlan('starter');
    await app.directory.invalidate(a.tenantKey);
    const reading = readOwnName(graphql, a);
    await pro.lock.release();
    // Nothing that was under way fails because the plan has changed.
    expect((await Promise.all(pro.held)).flatMap(({ codes }) => codes)).toEqual([]);
    expect((await reading).codes).toEqual([]);
    const starter = await inUseBy(2, 1);
    expect(starter.inUse).toBe(1);
    expect((await Promise.all(starter.held)).map(({ codes }) => codes)).toEqual([
      ['TENANT_UNAVAILABLE'],
      ['TENANT_UNAVAILABLE'],
      [],
    ]);
    await starter.lock.release();
    await setPlan('pro');
    await settled(app);
  });
});

/** One of everything that a tenant's people do, one after the other. @returns the errors. */
async function liveThrough(
  graphql: GraphQLClient,
  { tenantKey, token }: LoadTenant,
): Promise<readonly string[]> {
  const codes: string[] = [];
  const ask = async (query: string, variables: object = {}, asking: string | null = token) => {
    const answer = await graphql(query, { token: asking ?? undefined, variables: { ...variables } });
    codes.push(...answer.errors.map(({ message, extensions }) => `${extensions.code}: ${message}`));
    return answer.data;
  };
  const role = await ask(
    `mutation { createRole(input: { code: "r1", name: "Role", permissions: ["users:read"] }) { uuid } }`,
  );
  const department = await ask(`mutation { createDepartment(input: { code: "D1", name: "D" }) { uuid } }`);
  const branch = await ask(`mutation { createBranch(input: { code: "B1", name: "B" }) { uuid } }`);
  const user = await ask(
    `mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid role { name } department { name } branch { name } } }`,
    {
      input: {
        username: 'anna',
        email: 'anna@example.com',
        password: testPassword,
        fullName: `Boss of ${tenantKey}`,
        roleId: role?.createRole.uuid,
        departmentId: department?.createDepartment.uuid,
        branchId: branch?.createBranch.uuid,
      },
    },
  );
  const id = user?.createUser.uuid;
  await ask(
    `mutation ($id: ID!) {
      a: updateUser(userId: $id, input: { position: "1" }) { role { permissions { code } } }
      b: updateUser(userId: $id, input: { position: "2" }) { department { name } }
    }`,
    { id },
  );
  const login = `mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken user { fullName role { name } } } }`;
  const signedIn = await ask(login, { input: { tenantKey, username: 'anna', password: testPassword } }, null);
  const refreshed = await ask(
    `mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken user { fullName } } }`,
    { token: signedIn?.login.refreshToken },
    null,
  );
  const own = refreshed?.refreshToken.accessToken;
  await ask(
    `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { fullName } } }`,
    { input: { currentPassword: testPassword, newPassword: 'Another-Pass123!' } },
    own,
  );
  await ask(`mutation ($id: ID!) { resetPassword(userId: $id) { temporaryPassword } }`, { id });
  await ask(`mutation ($id: ID!) { logoutEverywhere(userId: $id) { success } }`, { id });
  await ask(`mutation ($id: ID!) { deleteUser(userId: $id) { success } }`, { id });
  await ask(`mutation ($id: ID!) { restoreUser(userId: $id) { uuid } }`, { id });
  await ask(`mutation ($id: ID!) { deleteUser(userId: $id) { success } }`, { id });
  await ask(
    `mutation ($r: ID!, $d: ID!, $b: ID!) {
      deleteRole(roleId: $r) { success } deleteDepartment(departmentId: $d) { success } deleteBranch(branchId: $b) { success }
    }`,
    {
      r: role?.createRole.uuid,
      d: department?.createDepartment.uuid,
      b: branch?.createBranch.uuid,
    },
  );
  return codes;
}

/** Many fields at once, each with statements of its own. @returns the errors. */
async function readEverything(graphql: GraphQLClient, { token }: LoadTenant): Promise<readonly string[]> {
  const { errors } = await graphql(
    `{
      me { fullName role { name permissions { code } } department { name } branch { name } }
      users(first: 20) { edges { node { fullName role { name } } } pageInfo { totalCount } }
      roles(first: 20) { edges { node { name permissions { code } } } pageInfo { totalCount } }
      departments(first: 20) { edges { node { name } } pageInfo { totalCount } }
      branches(first: 20) { edges { node { name } } pageInfo { totalCount } }
      auditLog(first: 20) { edges { node { action } } pageInfo { totalCount } }
    }`,
    { token },
  );
  return errors.map(({ message, extensions }) => `${extensions.code}: ${message}`);
}
