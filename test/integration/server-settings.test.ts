import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withIdentityLock } from '../../src/db/identity-lock.ts';
import { applyMigrations, pendingMigrations } from '../../src/db/schema-engine.ts';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { scriptTarget } from '../../src/tenancy/tenant.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createEmptyDatabase } from '../support/databases.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { type ForgetfulPooler, startForgetfulPooler } from '../support/forgetful-pooler.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';

/** Settings that anybody may make for a database or a role, and that change the meaning of statements and answers. */
const strangeSettings = {
  TimeZone: 'Asia/Seoul',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  search_path: 'nowhere',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  default_transaction_isolation: 'serializable',
};

/** Far less than any zone differs from UTC, except London in winter. */
const soon = 5 * 60_000;
const week = 7 * 86_400_000;

const distance = (moment: string | Date) => new Date(moment).getTime() - Date.now();
const expectSoon = (moment: string | Date) => expect(Math.abs(distance(moment))).toBeLessThan(soon);

let fleet: TestFleet;
let server: DatabaseServer;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  await fleet.provision('acme01');
});

afterAll(async () => {
  await server.close();
  await fleet.close();
});

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

async function setAll(whose: string, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await server.run(`ALTER ${whose} SET ${name} = '${value}'`);
  }
}

async function signIn(graphql: GraphQLClient, input: object): Promise<string> {
  const { data, errors } = await graphql(
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
    { variables: { input: { password: testPassword, ...input } } },
  );
  expect(errors).toEqual([]);
  return data.login.accessToken;
}

describe.each(['DATABASE', 'ROLE'])('with settings of the %s that are not ours', (kind) => {
  let changed: string[];
  let graphql: GraphQLClient;

  beforeAll(async () => {
    const { dbName, dbUser } = await rowOf('acme01');
    const central = parseDatasourceUrl(fleet.configuration.centralDatabaseUrl);
    const names = kind === 'DATABASE' ? [dbName, central.database] : [dbUser, central.user];
    changed = names.map((name) => `${kind} "${name}"`);
    for (const whose of changed) await setAll(whose, strangeSettings);
    // Open connections keep their settings.
    graphql = fleet.startApp().graphql;
  });
  afterAll(async () => {
    for (const whose of changed) await server.run(`ALTER ${whose} RESET ALL`);
  });

  test('every moment of a tenant is what it is, whoever wrote it', async () => {
    const token = await signIn(graphql, { tenantKey: 'acme01', username: 'admin' });
    const { data: made } = await graphql(
      'mutation { createDepartment(input: { code: "D$", name: "D" }) { createdAt } }'.replace('$', kind),
      { token },
    );
    const { data, errors } = await graphql(
      '{ me { lastLoginAt createdAt role { createdAt } } sessions { createdAt lastUsedAt expiresAt } }',
      { token },
    );
    expect(errors).toEqual([]);
    const [session] = data.sessions;
    expectSoon(made.createDepartment.createdAt);
    expectSoon(data.me.lastLoginAt);
    expectSoon(data.me.createdAt);
    expectSoon(data.me.role.createdAt);
    expectSoon(session.createdAt);
    expectSoon(session.lastUsedAt);
    expect(Math.abs(distance(session.expiresAt) - week)).toBeLessThan(soon);
  });

  test('changes see what was committed while they waited for their turn', async () => {
    const db = await openScriptClient(await scriptTarget(await rowOf('acme01'), fleet.tools.secrets));
    const rows = await withIdentityLock(
      db,
      (transaction) => transaction.$queryRaw`SHOW transaction_isolation`,
    );
    expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
    await db.$disconnect();
  });

  test('managers sign in, and see when tenants were made', async () => {
    // Created by the fleet's own client.
    await fleet.signInManager('operator');
    const token = await signIn(graphql, { username: 'operator' });
    const { data, errors } = await graphql('{ tenants(first: 1) { edges { node { createdAt } } } }', {
      token,
    });
    expect(errors).toEqual([]);
    expectSoon(data.tenants.edges[0].node.createdAt);
  });
});

test('migrations run whatever is set for the database, and are recorded with their moments', async () => {
  const database = await createEmptyDatabase();
  try {
    await setAll(`DATABASE "${database.connection.database}"`, strangeSettings);
    const { applied } = await applyMigrations(database.connection, tenantMigrationsFolder);
    expect(await pendingMigrations(database.connection, tenantMigrationsFolder)).toMatchObject({
      pending: [],
    });
    const rows = await withConnection(
      database.connection,
      async (client) => (await client.query('SELECT finished_at FROM public._prisma_migrations')).rows,
    );
    expect(rows).toHaveLength(applied.length);
    for (const { finished_at } of rows) expectSoon(finished_at);
  } finally {
    await database.drop();
  }
});

describe('through a pooler that passes on nothing of what is asked for', () => {
  let pooler: ForgetfulPooler;
  let dbName: string;

  beforeAll(async () => {
    pooler = await startForgetfulPooler(Number(new URL(inject('postgresUrl')).port));
    dbName = (await rowOf('acme01')).dbName;
  });
  afterAll(async () => {
    await server.run(`ALTER DATABASE "${dbName}" RESET ALL`);
    await pooler.close();
  });

  async function throughPooler(work: (db: TenantClient) => Promise<void>): Promise<void> {
    const target = await scriptTarget(
      { ...(await rowOf('acme01')), dbPort: pooler.port },
      fleet.tools.secrets,
    );
    const db = await openScriptClient(target);
    try {
      await work(db);
    } finally {
      await db.$disconnect();
    }
  }

  test.each(['Asia/Seoul', 'America/St_Johns', 'UTC'])('moments are exact in %s', async (zone) => {
    await setAll(`DATABASE "${dbName}"`, { TimeZone: zone, DateStyle: 'ISO' });
    const moment = new Date('2026-03-29T01:59:59.007Z');
    await throughPooler(async (db) => {
      const { id } = await db.user.findFirstOrThrow();
      await db.user.update({ where: { id }, data: { lockedUntil: moment, lastLoginAt: null } });
      await db.$executeRaw`UPDATE sys.users SET last_login_at = ${moment} WHERE id = ${id}::uuid`;
      const inTransaction = await db.$transaction((transaction) =>
        transaction.user.findFirstOrThrow({ where: { lockedUntil: moment, lastLoginAt: moment } }),
      );
      expect(inTransaction).toMatchObject({ lockedUntil: moment, lastLoginAt: moment });
      const role = await db.role.findFirstOrThrow({ select: { users: { select: { lockedUntil: true } } } });
      expect(role.users).toEqual([{ lockedUntil: moment }]);
      const [raw] = await db.$queryRaw<[{ locked_until: Date; now: Date; epoch: number }]>`
        SELECT locked_until, now() AS now, extract(epoch FROM locked_until)::float8 AS epoch FROM sys.users WHERE id = ${id}::uuid`;
      expect(raw.locked_until).toEqual(moment);
      expect(raw.epoch).toBe(moment.getTime() / 1_000);
      expectSoon(raw.now);
      await db.user.update({ where: { id }, data: { lockedUntil: null } });
    });
  });

  test('a database whose dates could be misread is not used, and the operator is told what to set', async () => {
    await server.run(`ALTER DATABASE "${dbName}" SET DateStyle = 'German'`);
    await expect(throughPooler(async () => {})).rejects.toThrow(/DateStyle is German, DMY/);
    await server.run(`ALTER DATABASE "${dbName}" SET DateStyle = 'ISO, DMY'`);
    await throughPooler(async (db) => expect(await db.user.count()).toBeGreaterThan(0));
  });
});
