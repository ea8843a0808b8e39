import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { removeUnfinishedTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator } from '../support/administrators.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { makeSingleRoleTenant } from '../support/single-role-tenant.ts';
import { areas } from '../support/tenant-areas.ts';

const migration = { engine: 'wasm', concurrency: 2, dryRun: false } as const;

/** PostgreSQL's error for a missing privilege. */
const refusal = { code: '42501' };

let fleet: TestFleet;
let server: DatabaseServer;
let near: TestTenant;
let far: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  [near, far] = await Promise.all([fleet.provision('near1'), fleet.provision('far1')]);
  await near.runAsOwner('CREATE TABLE IF NOT EXISTS sys.audit_log (id int)');
  await migrate('near1');
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const migrate = (tenantKey: string, options: { dryRun?: boolean } = {}, tools = fleet.tools) =>
  migrateFleet(tools, { ...migration, ...options, tenantKeys: [tenantKey] });

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const applicationOf = async (tenantKey: string) =>
  tenantDatasource(await rowOf(tenantKey), fleet.tools.secrets);

async function ownerOf(tenantKey: string): Promise<Datasource> {
  const owner = await ownerDatasource(await rowOf(tenantKey), fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  return owner;
}

const query = (datasource: Datasource, statement: string, values: unknown[] = []) =>
  withConnection(datasource, async (client) => (await client.query(statement, values)).rows);

const queryAsApplication = async (tenantKey: string, statement: string, values: unknown[] = []) =>
  query(await applicationOf(tenantKey), statement, values);

describe("the application's role", () => {
  it.each([
    'CREATE TABLE sys.mine (id int)',
    'CREATE TABLE public.mine (id int)',
    'CREATE TEMP TABLE mine (id int)',
    'CREATE VIEW sys.mine AS SELECT 1',
    'CREATE FUNCTION sys.mine() RETURNS int LANGUAGE sql RETURN 1',
    'CREATE SCHEMA mine',
    'CREATE INDEX ON sys.users (id)',
    'ALTER TABLE sys.users ADD COLUMN mine int',
    'ALTER TABLE sys.users DISABLE TRIGGER ALL',
    'ALTER SCHEMA sys RENAME TO mine',
    'DROP TABLE sys.users',
    'DROP SCHEMA sys CASCADE',
    'TRUNCATE sys.role_permissions',
    'SELECT * FROM public._prisma_migrations',
    "UPDATE public._prisma_migrations SET checksum = ''",
    'DELETE FROM public._prisma_migrations',
    "INSERT INTO public._prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', 'x')",
    'CREATE DATABASE mine',
    'CREATE ROLE mine',
    'SET session_replication_role = replica',
    'SELECT lo_create(0)',
    'SELECT lo_creat(-1)',
    "SELECT lo_from_bytea(0, 'kept where nothing counts it')",
    'SELECT lo_get(1)',
  ])('is refused: %s', async (statement) => {
    await expect(queryAsApplication('near1', statement)).rejects.toMatchObject(refusal);
  });

  it.each([
    'ALTER ROLE self SUPERUSER',
    'ALTER ROLE self CREATEDB',
    'ALTER ROLE self CREATEROLE',
    'ALTER ROLE self BYPASSRLS',
    "ALTER ROLE owner PASSWORD 'known-to-the-application'",
    'SET ROLE owner',
    'SET SESSION AUTHORIZATION owner',
    'GRANT owner TO self',
    // Until PostgreSQL 15, every role could pass its own rights on, which raises nobody who has more of them.
    ...(inject('postgresVersion') < 15 ? [] : ['GRANT self TO owner']),
    'GRANT ALL ON SCHEMA public TO self',
    'ALTER DATABASE near OWNER TO self',
    'ALTER TABLE sys.users OWNER TO self',
    'REASSIGN OWNED BY owner TO self',
    'DROP DATABASE near',
  ])('is refused to rise: %s', async (statement) => {
    const { dbName, dbUser, dbOwnerUser } = await rowOf('near1');
    const names = { self: dbUser, owner: String(dbOwnerUser), near: dbName };
    const named = Object.entries(names).reduce(
      (text, [word, name]) => text.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), pg.escapeIdentifier(name)),
      statement,
    );
    await expect(queryAsApplication('near1', named)).rejects.toMatchObject(refusal);
  });

  it('gains nothing by granting itself more of what it has in part', async () => {
    const { dbName, dbUser } = await rowOf('near1');
    const privileges = async () =>
      query(
        await ownerOf('near1'),
        `SELECT 'table' AS kind, relname AS name, relacl::text AS acl FROM pg_class
         UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace
         UNION ALL SELECT 'database', datname, datacl::text FROM pg_database WHERE datname = current_database()
         ORDER BY 1, 2`,
      );
    const before = await privileges();
    for (const object of [
      'ALL TABLES IN SCHEMA sys',
      'SCHEMA sys',
      `DATABASE ${pg.escapeIdentifier(dbName)}`,
    ]) {
      await queryAsApplication('near1', `GRANT ALL ON ${object} TO ${pg.escapeIdentifier(dbUser)}`);
    }
    expect(await privileges()).toEqual(before);
  });

  it('owns nothing, and is a member of nothing', async () => {
    const [found] = await query(
      await ownerOf('near1'),
      `SELECT (SELECT count(*)::int FROM pg_shdepend WHERE refobjid = oid AND deptype = 'o') AS owned,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = oid) AS memberships
       FROM pg_roles WHERE rolname = $1`,
      [(await rowOf('near1')).dbUser],
    );
    expect(found).toEqual({ owned: 0, memberships: 0 });
  });

  it('reads, adds, changes and removes rows', async () => {
    const one = async (statement: string) =>
      (await queryAsApplication('near1', statement)).map(({ code }) => code);
    expect(
      await one(
        "INSERT INTO sys.branches (id, code, name) VALUES (gen_random_uuid(), 'A', 'a') RETURNING code",
      ),
    ).toEqual(['A']);
    expect(await one("UPDATE sys.branches SET code = 'B' WHERE code = 'A' RETURNING code")).toEqual(['B']);
    expect(await one("SELECT code FROM sys.branches WHERE code = 'B' FOR UPDATE")).toEqual(['B']);
    expect(await one("DELETE FROM sys.branches WHERE code = 'B' RETURNING code")).toEqual(['B']);
  });

  it.each(['2001-01-01', '2101-01-01', 'infinity'])(
    'writes its audit records now, whatever time it says: %s',
    async (moment) => {
      const [written] = await queryAsApplication(
        'near1',
        `INSERT INTO sys.audit_log (id, created_at, action, entity_type)
         VALUES (gen_random_uuid(), $1, 'made', 'User')
         RETURNING created_at <= clock_timestamp() AND created_at > clock_timestamp() - interval '1 minute' AS now,
                   created_at = date_trunc('milliseconds', created_at) AS whole`,
        [moment],
      );
      expect(written).toEqual({ now: true, whole: true });
    },
  );

  it('may call functions that migrations make, as nobody else may', async () => {
    await near.runAsOwner('CREATE FUNCTION sys.made_later() RETURNS int LANGUAGE sql RETURN 1');
    expect(await queryAsApplication('near1', 'SELECT sys.made_later() AS made')).toEqual([{ made: 1 }]);
    const open = `SELECT proname FROM pg_proc WHERE pronamespace::regnamespace::text IN (${areas})
      AND has_function_privilege('public', oid, 'EXECUTE')`;
    expect(await query(await ownerOf('near1'), open)).toEqual([]);
    await near.runAsOwner('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sys TO PUBLIC');
    await migrate('near1');
    expect(await query(await ownerOf('near1'), open)).toEqual([]);
    await near.runAsOwner('DROP FUNCTION sys.made_later()');
  });

  it('adds to and reads an append-only table', async () => {
    await queryAsApplication('near1', 'INSERT INTO sys.audit_log SELECT * FROM sys.audit_log WHERE false');
    expect(await queryAsApplication('near1', 'SELECT * FROM sys.audit_log WHERE false')).toEqual([]);
  });

  it.each([
    'UPDATE sys.audit_log SET "%column" = DEFAULT',
    'DELETE FROM sys.audit_log',
    'TRUNCATE sys.audit_log',
    'ALTER TABLE sys.audit_log DISABLE TRIGGER ALL',
    'DROP TABLE sys.audit_log',
  ])('is refused on an append-only table: %s', async (statement) => {
    const [{ column }] = await query(
      await ownerOf('near1'),
      `SELECT attname AS column FROM pg_attribute
       WHERE attrelid = 'sys.audit_log'::regclass AND attnum > 0 AND NOT attisdropped LIMIT 1`,
    );
    await expect(queryAsApplication('near1', statement.replace('%column', column))).rejects.toMatchObject(
      refusal,
    );
  });
});

describe('the roles of a tenant', () => {
  it.each([
    ["the application's", applicationOf],
    ["the owner's", ownerOf],
  ] as const)("do not get into another tenant's database: %s", async (_name, signInOf) => {
    const stranger = { ...(await signInOf('near1')), database: (await rowOf('far1')).dbName };
    await expect(query(stranger, 'SELECT 1')).rejects.toMatchObject(refusal);
  });

  it.each([
    ["the application's", applicationOf],
    ["the owner's", ownerOf],
  ] as const)('do not get into a database that the server comes with: %s', async (_name, signInOf) => {
    for (const database of ['postgres', 'template1']) {
      await expect(query({ ...(await signInOf('near1')), database }, 'SELECT 1')).rejects.toMatchObject(
        refusal,
      );
    }
  });

  it('are the only ones with privileges on its database, and nobody else has any in public', async () => {
    const [found] = await query(
      await ownerOf('near1'),
      `SELECT has_database_privilege('public', current_database(), 'CONNECT') AS connect,
              has_database_privilege('public', current_database(), 'TEMP') AS temporary,
              has_schema_privilege('public', 'public', 'USAGE') AS usage,
              ARRAY(SELECT nspname::text FROM pg_namespace
                    WHERE nspname IN (${areas}) AND has_schema_privilege('public', oid, 'USAGE')) AS areas`,
    );
    expect(found).toEqual({ connect: false, temporary: false, usage: false, areas: [] });
  });

  it('are two: the owner has the database and everything in it, and no power over the server', async () => {
    const { dbName, dbOwnerUser } = await rowOf('near1');
    const [found] = await query(
      await ownerOf('near1'),
      `SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
              ARRAY(SELECT datname::text FROM pg_database WHERE datdba = r.oid) AS databases,
              (SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
               WHERE nspname IN (${areas}, 'public') AND relowner <> r.oid) AS foreign_objects
       FROM pg_roles r WHERE rolname = current_user`,
    );
    expect(found).toEqual({
      rolname: dbOwnerUser,
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
      databases: [dbName],
      foreign_objects: 0,
    });
    await expect(query(await ownerOf('near1'), 'CREATE DATABASE mine')).rejects.toMatchObject(refusal);
    await expect(query(await ownerOf('near1'), 'CREATE ROLE mine')).rejects.toMatchObject(refusal);
  });
});

describe('after a migration', () => {
  it('a new table can be used by the application at once', async () => {
    await far.runAsOwner('CREATE TABLE sys.later (id serial PRIMARY KEY, note text)');
    await queryAsApplication('far1', "INSERT INTO sys.later (note) VALUES ('a')");
    await queryAsApplication('far1', "UPDATE sys.later SET note = 'b'");
    expect(await queryAsApplication('far1', 'DELETE FROM sys.later RETURNING note')).toEqual([{ note: 'b' }]);
  });

  it('so can a table in a new schema, and not be changed otherwise', async () => {
    await far.runAsOwner('CREATE SCHEMA later CREATE TABLE customers (id serial PRIMARY KEY, note text)');
    await migrate('far1');
    await queryAsApplication('far1', "INSERT INTO later.customers (note) VALUES ('a')");
    await expect(queryAsApplication('far1', 'TRUNCATE later.customers')).rejects.toMatchObject(refusal);
    await expect(queryAsApplication('far1', 'CREATE TABLE later.mine ()')).rejects.toMatchObject(refusal);
  });

  it('the application has nothing more than its privileges, whatever was granted before', async () => {
    const application = pg.escapeIdentifier((await rowOf('far1')).dbUser);
    await far.runAsOwner(
      `GRANT ALL ON DATABASE ${pg.escapeIdentifier((await rowOf('far1')).dbName)} TO ${application};
       GRANT ALL ON SCHEMA public, sys TO ${application};
       GRANT ALL ON ALL TABLES IN SCHEMA sys TO PUBLIC`,
    );
    await queryAsApplication('far1', 'CREATE TEMP TABLE mine (id int)');
    await migrate('far1');
    for (const statement of [
      'CREATE TEMP TABLE mine (id int)',
      'CREATE SCHEMA mine',
      'CREATE TABLE public.mine ()',
      'CREATE TABLE sys.mine ()',
      'TRUNCATE sys.role_permissions',
    ]) {
      await expect(queryAsApplication('far1', statement), statement).rejects.toMatchObject(refusal);
    }
    await expect(fleet.signIn('far1')).resolves.toBeDefined();
  });
});

describe('a database that PostgreSQL 14 has made, before it was upgraded', () => {
  it('lets nobody create anything in public once it is migrated, but its owner', async () => {
    const { dbName } = await rowOf('far1');
    const superuser = parseDatasourceUrl(inject('postgresUrl'));
    await query(
      { ...superuser, database: dbName },
      `ALTER SCHEMA public OWNER TO ${superuser.user}; GRANT ALL ON SCHEMA public TO PUBLIC`,
    );
    const create = 'CREATE TABLE public.mine ()';
    await queryAsApplication('far1', create);
    await queryAsApplication('far1', 'DROP TABLE public.mine');
    expect(await migrate('far1')).toMatchObject([{ status: 'up-to-date', error: null }]);
    await expect(queryAsApplication('far1', create)).rejects.toMatchObject(refusal);
    await far.runAsOwner(create);
    await far.runAsOwner('DROP TABLE public.mine');
    const [record] = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'server.withdraw_rights' },
      orderBy: { createdAt: 'desc' },
    });
    expect(record?.changes).toMatchObject({ publicSchema: { before: [dbName], after: null } });
  });
});

describe('a tenant from before there were two roles', () => {
  const make = (tenantKey: string, tools = fleet.tools) =>
    makeSingleRoleTenant(tools, tenantKey, fleet.placeFor(tenantKey));

  const databaseOwnerOf = async (tenantKey: string) => {
    const [{ owner }] = await query(
      { ...fleet.tools.tenantAdminDatasource },
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [(await rowOf(tenantKey)).dbName],
    );
    return owner;
  };

  it('is served by the application that owns it', async () => {
    await make('older1');
    await expect(fleet.signIn('older1')).resolves.toBeDefined();
    await expect(queryAsApplication('older1', 'CREATE TABLE sys.mine (id int)')).resolves.toEqual([]);
  });

  it('is only reported by a dry run', async () => {
    const { dbUser } = await rowOf('older1');
    const before = await rowOf('older1');
    expect(await migrate('older1', { dryRun: true })).toMatchObject([
      { status: 'pending', migrations: [], ownerSeparated: true, error: null },
    ]);
    expect(await rowOf('older1')).toEqual(before);
    expect(await databaseOwnerOf('older1')).toBe(dbUser);
    const roles = await query(
      fleet.tools.tenantAdminDatasource,
      'SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)',
      [dbUser],
    );
    expect(roles).toEqual([{ rolname: dbUser }]);
  });

  it('is separated by a fleet migration, and served all the while', async () => {
    const { accessToken } = await fleet.signIn('older1');
    const answers: unknown[] = [];
    let migrated = false;
    const asking = async () => {
      while (!migrated) {
        const { data, errors } = await fleet.graphql('{ users { edges { node { username } } } }', {
          token: accessToken,
        });
        answers.push(errors.length > 0 ? errors : data.users.edges[0].node.username);
      }
    };
    const clients = [asking(), asking(), asking()];
    const reports = await migrate('older1').finally(() => {
      migrated = true;
    });
    await Promise.all(clients);
    expect(reports).toMatchObject([{ status: 'migrated', ownerSeparated: true, error: null }]);
    expect(new Set(answers)).toEqual(new Set(['admin']));

    const owner = await ownerOf('older1');
    expect(owner.user).toBe(`${(await rowOf('older1')).dbUser}-owner`);
    expect(await databaseOwnerOf('older1')).toBe(owner.user);
    await expect(query(owner, 'DROP TABLE sys.mine')).resolves.toEqual([]);
    for (const statement of [
      'CREATE TABLE sys.mine ()',
      'DROP TABLE sys.users',
      'CREATE TEMP TABLE mine ()',
    ]) {
      await expect(queryAsApplication('older1', statement), statement).rejects.toMatchObject(refusal);
    }
    await expect(fleet.signIn('older1')).resolves.toBeDefined();
    expect(await migrate('older1')).toMatchObject([{ status: 'up-to-date', ownerSeparated: false }]);
  });

  it('is served, and separated by the next run, after one was cut off at the end', async () => {
    await make('older2');
    const cutOff = () => {
      throw new Error('cut off');
    };
    const tools = { ...fleet.tools, secrets: { ...fleet.tools.secrets, write: cutOff } };
    expect(await migrate('older2', {}, tools)).toMatchObject([{ status: 'failed', error: 'cut off' }]);
    expect(await databaseOwnerOf('older2')).not.toBe((await rowOf('older2')).dbUser);
    await expect(fleet.signIn('older2')).resolves.toBeDefined();
    expect(await migrate('older2')).toMatchObject([{ status: 'migrated', error: null }]);
    await expect(query(await ownerOf('older2'), 'SELECT 1')).resolves.toHaveLength(1);
  });

  it('is separated once by two runs at once', async () => {
    await make('older3');
    const reports = (await Promise.all([migrate('older3'), migrate('older3')])).flat();
    expect(reports.map(({ error }) => error)).toEqual([null, null]);
    await expect(query(await ownerOf('older3'), 'SELECT 1')).resolves.toHaveLength(1);
    await expect(queryAsApplication('older3', 'SELECT 1 FROM sys.users')).resolves.toHaveLength(1);
  });

  it("is not touched when its role is somebody else's", async () => {
    await make('older4');
    const { dbUser } = await rowOf('older4');
    await server.run(`COMMENT ON ROLE ${pg.escapeIdentifier(dbUser)} IS 'another program'`);
    expect(await migrate('older4')).toMatchObject([
      { status: 'failed', error: `The role ${dbUser} belongs to something else.` },
    ]);
    expect(await databaseOwnerOf('older4')).toBe(dbUser);
    await server.run(`COMMENT ON ROLE ${pg.escapeIdentifier(dbUser)} IS 'cxg-graphql-api tenant older4'`);
    expect(await migrate('older4')).toMatchObject([{ status: 'migrated' }]);
  });

  it('is separated by provisioning, when that had not finished', async () => {
    await make('older5');
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'older5' },
      data: { status: 'failed', isActive: false, provisioningStep: 'migrate' },
    });
    await fleet.provision('older5');
    expect(await databaseOwnerOf('older5')).toBe((await ownerOf('older5')).user);
    await expect(queryAsApplication('older5', 'CREATE TABLE sys.mine ()')).rejects.toMatchObject(refusal);
    await expect(fleet.signIn('older5')).resolves.toBeDefined();
  });

  it('is separated by an administrator who is no superuser', async () => {
    const administrator = await makeAdministrator();
    const tools = { ...fleet.tools, tenantAdminDatasource: administrator.datasource };
    await make('older6', tools);
    await queryAsApplication(
      'older6',
      `CREATE TYPE sys.mood AS ENUM ('good');
       CREATE FUNCTION sys.one() RETURNS int LANGUAGE sql RETURN 1;
       CREATE VIEW sys.ones AS SELECT sys.one() AS one;
       CREATE SCHEMA later CREATE TABLE customers (id serial PRIMARY KEY, mood sys.mood);
       ALTER FUNCTION sys.one SET SCHEMA later`,
    );
    expect(await migrate('older6', {}, tools)).toMatchObject([{ status: 'migrated', error: null }]);
    await queryAsApplication('older6', "INSERT INTO later.customers (mood) VALUES ('good')");
    expect(await queryAsApplication('older6', 'SELECT one FROM sys.ones')).toEqual([{ one: 1 }]);
    for (const statement of ['DROP FUNCTION later.one', 'DROP TYPE sys.mood', 'DROP TABLE later.customers']) {
      await expect(queryAsApplication('older6', statement), statement).rejects.toMatchObject(refusal);
    }
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'older6' },
      data: { status: 'failed', isActive: false },
    });
    expect(await removeUnfinishedTenant(tools, 'older6')).toBe(true);
    await administrator.drop();
  });
});
