import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readAccess } from '../../src/db/access-snapshot.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import {
  type RepairOptions,
  type RestoreTools,
  repairTenantDatabase,
} from '../../src/tenancy/restore/repair-tenant-database.ts';
import type { NamedPlace } from '../../src/tenancy/restore/restored-place.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantRoles } from '../../src/tenancy/sign-in-roles.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerMark } from '../../src/tenancy/tenant-administration.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { restoreCopy } from '../support/restored-copy.ts';
import { runScript } from '../support/run-script.ts';

const { escapeIdentifier } = pg;

let fleet: TestFleet;
let server: DatabaseServer;
let tools: RestoreTools;
let acme: NamedTenant;
/** The database's grants right after provisioning. */
let asProvisioned: ReadonlyMap<string, string>;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  tools = { ...fleet.tools, invalidateSessions: async () => {} };
  acme = await provisionNamed(fleet, 'acme');
  asProvisioned = await accessTo((await rowOf('acme')).dbName);
});
afterEach(async () => {
  for (const database of copies.splice(0)) {
    await server.run(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`);
  }
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const copies: string[] = [];

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const repair = (tenantKey: string, place: NamedPlace = {}, options: Partial<RepairOptions> = {}) =>
  repairTenantDatabase(tools, tenantKey, place, {
    dryRun: false,
    trust: false,
    endSessions: false,
    ...options,
  });

const inDatabase = <T>(database: string, work: (client: pg.Client) => Promise<T>) =>
  withConnection({ ...fleet.tools.tenantAdminDatasource, database }, work);

/** Owners and privileges, under the name that the database had at first. */
async function accessTo(database: string): Promise<ReadonlyMap<string, string>> {
  const original = (await rowOf('acme')).dbName;
  const found = await inDatabase(database, readAccess);
  return new Map([...found].map(([name, access]) => [name.replaceAll(database, original), access]));
}

/** Restores acme's database under another name. Nobody may be connected to the original. */
async function restore(dump: Parameters<typeof restoreCopy>[2]): Promise<string> {
  const { dbName } = await rowOf('acme');
  const copy = `${dbName}_r${copies.length}`;
  copies.push(copy);
  await server.endConnections(dbName);
  await restoreCopy(dbName, copy, dump);
  return copy;
}

const withoutAny = { owners: false, privileges: false } as const;

describe('a tenant’s restored database', () => {
  it('is refused by a move that names the command, which makes it what it was, and is served after the move', async () => {
    const dbName = await restore(withoutAny);
    const { dbHost, dbPort, dbName: home } = await rowOf('acme');
    const flags = [
      '--tenant-key',
      'acme',
      '--db-host',
      dbHost,
      '--db-port',
      `${dbPort}`,
      '--db-name',
      dbName,
    ];
    const command = `npx tsx scripts/repair-tenant-database.ts ${flags.join(' ')}`;
    await expect(moveTenant(tools, 'acme', { dbName })).rejects.toThrow(command);
    const { stdout, ...ended } = await runScript(
      'scripts/repair-tenant-database.ts',
      [...flags, '--operator', 'Kim'],
      fleet.environment,
    );
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`The database of tenant acme at ${dbHost}:${dbPort}/${dbName} is repaired.`);
    expect(stdout).toMatch(/given to the owner: [1-9]\d* objects/);
    expect(await accessTo(dbName)).toEqual(asProvisioned);
    await moveTenant(tools, 'acme', { dbName });
    await askForName(fleet.graphql, acme);
    await acme.runAsOwner('SELECT 1');
    await moveTenant(tools, 'acme', { dbName: home });
    const records = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'tenant.repair_database' },
      orderBy: { createdAt: 'asc' },
    });
    expect(records.map(({ changes }) => changes)).toEqual([
      expect.objectContaining({ stage: { before: null, after: 'begun' } }),
      expect.objectContaining({
        stage: { before: null, after: 'done' },
        place: { before: null, after: `${dbHost}:${dbPort}/${dbName}` },
        operator: { before: null, after: 'Kim' },
      }),
    ]);
  });

  it.each([
    ['without privileges', { owners: true, privileges: false }],
    ['without owners', { owners: false, privileges: true }],
    ['with everything, into a database of another owner', { owners: true, privileges: true }],
  ])('is what it was after a repair, if it was restored %s', async (_case, dump) => {
    const dbName = await restore(dump);
    expect(await repair('acme', { dbName })).toMatchObject({ outcome: 'repaired', statements: [] });
    expect(await accessTo(dbName)).toEqual(asProvisioned);
    expect(await repair('acme', { dbName })).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('is refused by a move, too, when only its owners are missing: it could not be migrated', async () => {
    const dbName = await restore({ owners: false, privileges: true });
    await expect(moveTenant(tools, 'acme', { dbName })).rejects.toThrow(
      /can't be migrated at .* belong to another role.*scripts\/repair-tenant-database\.ts --tenant-key acme/,
    );
  });

  it('is what it was after a repair, if its owner restored it', async () => {
    const { dbOwnerUser } = await rowOf('acme');
    const dbName = await restore({ ...withoutAny, restoredBy: dbOwnerUser ?? '' });
    await repair('acme', { dbName });
    expect(await accessTo(dbName)).toEqual(asProvisioned);
  });

  it('gives what else is in it to the owner, but not extensions', async () => {
    const dbName = await restore(withoutAny);
    await inDatabase(dbName, (client) =>
      client.query(
        `CREATE EXTENSION citext;
         CREATE SCHEMA "more ""stuff""";
         SET search_path = "more ""stuff""";
         CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, line serial);
         CREATE SEQUENCE free; CREATE VIEW seen AS SELECT id FROM notes;
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM notes;
         CREATE TYPE mood AS ENUM ('good'); CREATE TYPE pair AS (a int, b int); CREATE TYPE span AS RANGE (subtype = int4);
         CREATE DOMAIN word AS text;
         CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
         CREATE PROCEDURE nothing() LANGUAGE sql AS '';
         CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
         CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
         CREATE OPERATOR FAMILY odd USING btree;
         CREATE COLLATION plain (provider = libc, locale = 'C');
         CREATE TEXT SEARCH CONFIGURATION words (COPY = pg_catalog.simple);
         CREATE STATISTICS together ON id, line FROM notes;
         SELECT lo_create(0)`,
      ),
    );
    await repair('acme', { dbName });
    const { dbOwnerUser } = await rowOf('acme');
    const owners = await inDatabase(dbName, (client) =>
      client.query<{ owner: string; kinds: string[] }>(
        `SELECT owner::regrole::text AS owner, array_agg(DISTINCT kind ORDER BY kind) AS kinds FROM (
           SELECT relowner, 'relation' FROM pg_class WHERE oid >= 16384 AND relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
           UNION ALL SELECT proowner, 'routine' FROM pg_proc WHERE oid >= 16384
           UNION ALL SELECT typowner, 'type' FROM pg_type WHERE oid >= 16384 AND typnamespace::regnamespace::text NOT LIKE 'pg\\_%'
           UNION ALL SELECT nspowner, 'schema' FROM pg_namespace WHERE oid >= 16384 AND nspname NOT LIKE 'pg\\_%'
           UNION ALL SELECT oprowner, 'operator' FROM pg_operator WHERE oid >= 16384
           UNION ALL SELECT opfowner, 'family' FROM pg_opfamily WHERE oid >= 16384
           UNION ALL SELECT collowner, 'collation' FROM pg_collation WHERE oid >= 16384
           UNION ALL SELECT cfgowner, 'configuration' FROM pg_ts_config WHERE oid >= 16384
           UNION ALL SELECT stxowner, 'statistics' FROM pg_statistic_ext
           UNION ALL SELECT lomowner, 'large object' FROM pg_largeobject_metadata
           UNION ALL SELECT extowner, 'extension' FROM pg_extension
         ) AS object (owner, kind) GROUP BY owner ORDER BY owner`,
      ),
    );
    expect(owners.rows).toEqual(
      expect.arrayContaining([
        {
          owner: fleet.tools.tenantAdminDatasource.user,
          kinds: ['extension', 'family', 'operator', 'routine', 'type'],
        },
        {
          owner: expect.stringContaining(dbOwnerUser ?? ''),
          kinds: [
            'collation',
            'configuration',
            'family',
            'large object',
            'operator',
            'relation',
            'routine',
            'schema',
            'statistics',
            'type',
          ],
        },
      ]),
    );
    expect(owners.rows).toHaveLength(2);
    expect(await repair('acme', { dbName })).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('is left as it is by a dry run, which says what would be done', async () => {
    const dbName = await restore(withoutAny);
    const before = await accessTo(dbName);
    expect(await repair('acme', { dbName }, { dryRun: true })).toMatchObject({
      outcome: 'planned',
      owners: expect.arrayContaining([`DATABASE ${dbName}`, 'SCHEMA sys', 'TABLE sys.users']),
      privileges: expect.arrayContaining(['table sys.audit_log']),
    });
    expect(await accessTo(dbName)).toEqual(before);
  });

  it('needs no repair where it was provisioned', async () => {
    expect(await repair('acme')).toMatchObject({ outcome: 'nothing-to-do', isPresentPlace: true });
  });

  it('is as before when a repair is cut off, and is repaired by the next one', async () => {
    const dbName = await restore(withoutAny);
    const before = await accessTo(dbName);
    const holder = connectToDatabaseServer();
    const client = new pg.Client({ ...fleet.tools.tenantAdminDatasource, database: dbName });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE sys.users');
    const cut = expect(repair('acme', { dbName })).rejects.toThrow(/can't be repaired/);
    await vi.waitFor(async () => expect(await holder.endBlockedConnections(dbName)).toBe(1));
    await cut;
    await client.end();
    await holder.close();
    expect(await accessTo(dbName)).toEqual(before);
    await repair('acme', { dbName });
    expect(await accessTo(dbName)).toEqual(asProvisioned);
  });

  it('ends the sessions that the dump has brought back, when asked to', async () => {
    const dbName = await restore(withoutAny);
    expect(await repair('acme', { dbName }, { endSessions: true })).toMatchObject({ ended: { sessions: 1 } });
    const { rows } = await inDatabase(dbName, (client) =>
      client.query('SELECT (SELECT count(*)::int FROM sys.sessions), (SELECT action FROM sys.audit_log)'),
    );
    expect(rows).toEqual([{ count: 0, action: 'tenant.end_sessions' }]);
  });

  it('gets the migrations that its dump has not had', async () => {
    const dbName = await restore(withoutAny);
    await inDatabase(dbName, (client) =>
      client.query(`DELETE FROM public._prisma_migrations WHERE migration_name LIKE '%codes_in_any_locale'`),
    );
    expect(await repair('acme', { dbName })).toMatchObject({
      migrations: ['20261127170000_codes_in_any_locale'],
    });
  });
});

describe('the roles of a tenant', () => {
  it('are created with the recorded passwords on a server that lacks them, also in the midst of their turns', async () => {
    const tenant = await provisionNamed(fleet, 'lost');
    const turn = { graceSeconds: 0, drainSeconds: 0 };
    await rotateCredentials(tools, 'lost', { ...turn, purpose: 'owner' });
    await rotateCredentials(tools, 'lost', { ...turn, purpose: 'application' });
    const interrupted = rotateCredentials(tools, 'lost', { ...turn, purpose: 'application' }, (step) => {
      if (step === 'store') throw new Error('cut off');
    });
    await expect(interrupted).rejects.toThrow('cut off');
    const { dbName, ...row } = await rowOf('lost');
    expect([row.dbUser, row.dbOwnerUser]).toEqual([
      fleet.placeFor('lost').dbUser,
      expect.stringMatching(/-b$/),
    ]);
    await server.endConnections(dbName);
    const moved = `${dbName}_moved`;
    await restoreCopy(dbName, moved, withoutAny);
    await server.run(`DROP DATABASE ${escapeIdentifier(dbName)} WITH (FORCE)`);
    await server.run(`ALTER DATABASE ${escapeIdentifier(moved)} RENAME TO ${escapeIdentifier(dbName)}`);
    for (const role of tenantRoles({ ...row })) await server.run(`DROP ROLE ${escapeIdentifier(role)}`);
    expect(await repair('lost')).toMatchObject({
      outcome: 'repaired',
      rolesCreated: expect.arrayContaining(tenantRoles(row)),
    });
    await askForName(fleet.graphql, tenant);
    expect(await rotateCredentials(tools, 'lost', { ...turn, purpose: 'application' })).toMatchObject({
      to: row.dbUser,
      old: { canSignIn: false },
    });
    await askForName(fleet.graphql, tenant);
    expect(await repair('lost')).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('get the recorded passwords and settings, and those that are not to sign in can’t any more', async () => {
    const tenant = await provisionNamed(fleet, 'stale');
    await rotateCredentials(tools, 'stale', { purpose: 'application', graceSeconds: 0, drainSeconds: 0 });
    const row = await rowOf('stale');
    const [current, base] = [row.dbUser, row.dbUser.replace(/-b$/, '')];
    await server.run(
      `ALTER ROLE ${escapeIdentifier(current)} PASSWORD 'of another time'; ALTER ROLE ${escapeIdentifier(current)} RESET role;
       ALTER ROLE ${escapeIdentifier(base)} LOGIN PASSWORD 'of another time'; COMMENT ON ROLE ${escapeIdentifier(base)} IS NULL;
       REVOKE ${escapeIdentifier(base)} FROM ${escapeIdentifier(current)}`,
    );
    await server.endConnections(row.dbName);
    // Without its mark, nothing else proves that the role is the tenant's: it is used in a database of its name.
    expect(await repair('stale')).toMatchObject({
      passwordsSet: [current],
      signInsWithdrawn: [base],
      roleSettings: [current],
      rolesMarked: [base],
    });
    await askForName(fleet.graphql, tenant);
    const { rows } = await inDatabase(row.dbName, (client) =>
      client.query('SELECT rolcanlogin FROM pg_roles WHERE rolname = $1', [base]),
    );
    expect(rows).toEqual([{ rolcanlogin: false }]);
  });

  it('are not taken from somebody else who has one of that name', async () => {
    const { dbUser, ...row } = await rowOf('acme');
    const mark = (text: string | null) =>
      server.run(
        `COMMENT ON ROLE ${escapeIdentifier(row.dbOwnerUser ?? '')} IS ${text === null ? 'NULL' : pg.escapeLiteral(text)}`,
      );
    const dbName = await restore(withoutAny);
    await mark('the role of another application');
    await expect(repair('acme', { dbName })).rejects.toThrow(/exists and nothing proves .* COMMENT ON ROLE/);
    await mark(ownerMark({ ...row }));
    await server.run(`ALTER ROLE ${escapeIdentifier(dbUser)} CREATEDB`);
    await expect(repair('acme', { dbName })).rejects.toThrow(/may do more than .* NOCREATEDB/);
    await server.run(`ALTER ROLE ${escapeIdentifier(dbUser)} NOCREATEDB`);
  });
});

describe('a database is not repaired', () => {
  it.each<[string, string, RegExp]>([
    [
      'that is marked as another tenant’s, and the command for that is named',
      `UPDATE sys.tenant_marker SET tenant_id = 4711, tenant_key = 'beta'`,
      /marked as that of tenant beta \(id 4711\).*adopt-tenant-database\.ts --tenant-key acme --marked-as beta --db-host/,
    ],
    ['that has no marker', 'DELETE FROM sys.tenant_marker', /Use --trust to accept it as/],
    ['into which nothing was restored', 'DROP SCHEMA sys CASCADE', /restore the dump into it first/],
  ])('%s', async (_case, statement, message) => {
    const dbName = await restore(withoutAny);
    await inDatabase(dbName, (client) => client.query(statement));
    const before = await accessTo(dbName);
    await expect(repair('acme', { dbName })).rejects.toThrow(message);
    expect(await accessTo(dbName)).toEqual(before);
  });

  it('that is not there, or not UTF-8', async () => {
    await expect(repair('acme', { dbName: 'nowhere' })).rejects.toThrow(
      /no database nowhere at .* create it/,
    );
    const latin = `latin_${(await rowOf('acme')).dbName}`;
    copies.push(latin);
    await server.run(
      `CREATE DATABASE ${escapeIdentifier(latin)} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
    );
    await expect(repair('acme', { dbName: latin })).rejects.toThrow(/encoding LATIN1: it must be UTF8/);
  });

  it('that another tenant is served from, by whatever address', async () => {
    await fleet.provision('other');
    const { dbName } = await rowOf('other');
    const dbHost = fleet.tools.tenantAdminDatasource.host === 'localhost' ? '127.0.0.1' : 'localhost';
    for (const place of [{ dbName }, { dbName, dbHost }]) {
      await expect(repair('acme', place, { trust: true })).rejects.toThrow(/tenant other is served from/);
    }
  });

  it('without a marker, unless it is trusted', async () => {
    const dbName = await restore(withoutAny);
    await inDatabase(dbName, (client) => client.query('DELETE FROM sys.tenant_marker'));
    expect(await repair('acme', { dbName }, { trust: true })).toMatchObject({ outcome: 'repaired' });
  });
});

describe('an administrator who is no superuser', () => {
  let administrator: TestAdministrator;
  let own: TestFleet['tools'];
  beforeAll(async () => {
    administrator = await makeAdministrator();
    own = { ...fleet.tools, tenantAdminDatasource: administrator.datasource };
    await provisionTenant(own, { tenantKey: 'rented', companyName: 'Rented', ...fleet.placeFor('rented') });
  });
  afterAll(async () => {
    await administrator.drop().catch(() => {});
  });

  const repairRented = (place: NamedPlace) =>
    repairTenantDatabase({ ...own, invalidateSessions: async () => {} }, 'rented', place, {
      dryRun: false,
      trust: false,
      endSessions: false,
    });

  async function restoreRented(restoredBy: string): Promise<string> {
    const { dbName } = await rowOf('rented');
    const copy = `${dbName}_r${copies.length}`;
    copies.push(copy);
    await server.endConnections(dbName);
    await restoreCopy(dbName, copy, { ...withoutAny, restoredBy });
    return copy;
  }

  it('repairs what it has restored itself', async () => {
    const dbName = await restoreRented(administrator.datasource.user);
    expect(await repairRented({ dbName })).toMatchObject({ outcome: 'repaired', statements: [] });
    await expectUsable('rented', dbName);
    expect(await repairRented({ dbName })).toMatchObject({ outcome: 'nothing-to-do' });
  });

  it('does what it can, if a part is a superuser’s', async () => {
    const dbName = await restoreRented(administrator.datasource.user);
    await inDatabase(dbName, (client) => client.query('ALTER TABLE sys.users OWNER TO CURRENT_USER'));
    const first = await repairRented({ dbName });
    expect(first).toMatchObject({
      outcome: 'incomplete',
      owners: expect.arrayContaining(['SCHEMA sys', 'TABLE sys.roles']),
      statements: [expect.stringContaining('ALTER TABLE sys.users OWNER TO')],
    });
    await inDatabase(dbName, (client) => client.query(first.statements.join('\n')));
    expect(await repairRented({ dbName })).toMatchObject({ outcome: 'repaired', owners: [], statements: [] });
    await expectUsable('rented', dbName);
  });

  it('is told what a superuser has to run for what a superuser restored, and finishes it afterwards', async () => {
    const dbName = await restoreRented(fleet.tools.tenantAdminDatasource.user);
    const first = await repairRented({ dbName });
    expect(first).toMatchObject({ outcome: 'incomplete', owners: [] });
    expect(first.statements).toContain(
      `ALTER TABLE sys.users OWNER TO ${escapeIdentifier((await rowOf('rented')).dbOwnerUser ?? '')};`,
    );
    await inDatabase(dbName, (client) => client.query(first.statements.join('\n')));
    expect(await repairRented({ dbName })).toMatchObject({ outcome: 'repaired', statements: [] });
    await expectUsable('rented', dbName);
  });
});

/** Both of the tenant's roles find what they need there. */
async function expectUsable(tenantKey: string, dbName: string): Promise<void> {
  const row = { ...(await rowOf(tenantKey)), dbName };
  const owner = await ownerDatasource(row, fleet.tools.secrets);
  if (!owner) throw new Error('The tenant has no owner.');
  await withConnection(owner, (client) => client.query('ALTER TABLE sys.users SET (fillfactor = 90)'));
  await withConnection(await tenantDatasource(row, fleet.tools.secrets), (client) =>
    client.query('SELECT tenant_key FROM sys.tenant_marker; UPDATE sys.users SET phone = NULL'),
  );
}
