import { randomUUID } from 'node:crypto';
import { prismaCliConfig } from '@cxg/prisma-schema-engine/cli-config';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closingPublicSchema } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateCentralDatabase } from '../../src/tenancy/central-migration.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { runAsSuperuser } from '../support/central-database.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

/** Before PostgreSQL 16, who makes tenants' roles could make itself the owner of this database. */
const version = inject('postgresVersion');
const mayMakeTenants = version >= 16;

/** PostgreSQL's error for a missing privilege. */
const refusal = { code: '42501' };

const password = 'a-password-for-tests';
const suffix = randomUUID().slice(0, 8);
const roles: string[] = [];
const databases: TestDatabase[] = [];

afterAll(async () => {
  for (const database of databases) await database.drop();
  for (const role of roles.reverse()) await runAsSuperuser(`DROP ROLE "${role}"`);
});

async function makeRole(purpose: string, attributes = ''): Promise<string> {
  // With a capital letter, to be quoted wherever it is written.
  const role = `Central_${purpose}_${suffix}`;
  await runAsSuperuser(`CREATE ROLE "${role}" LOGIN PASSWORD '${password}' ${attributes}`);
  roles.push(role);
  return role;
}

async function makeDatabase(owner: string): Promise<TestDatabase['connection']> {
  const database = await createEmptyDatabase();
  databases.push(database);
  await runAsSuperuser(`ALTER DATABASE ${database.connection.database} OWNER TO "${owner}"`);
  // As the operations guide has it for PostgreSQL 14; later, this is so already.
  await query(database.connection, closingPublicSchema);
  return { ...database.connection, user: owner, password };
}

const as = (connection: TestDatabase['connection'], user: string) => ({ ...connection, user, password });

const query = (connection: pg.ClientConfig, statement: string, values: unknown[] = []) =>
  withConnection(connection, async (client) => (await client.query(statement, values)).rows);

const migrateCentral = (owner: TestDatabase['connection'], application: string, ...flags: string[]) =>
  runScript('scripts/migrate-central.ts', flags, {
    CENTRAL_MIGRATION_DATABASE_URL: datasourceUrl(owner),
    CENTRAL_ADMIN_DATABASE_URL: datasourceUrl({ ...owner, user: application }),
  });

const addRecord = `INSERT INTO audit_log (id, action, entity_type) VALUES (gen_random_uuid(), 'made', 'tenant')`;

const privileges = `
  SELECT relname::text AS name, relacl::text AS acl FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname = 'public'
  UNION ALL SELECT datname, datacl::text FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT defaclobjtype::text, defaclacl::text FROM pg_default_acl
  ORDER BY name, acl`;

let owner: string;
let application: string;
let central: TestDatabase['connection'];
let fleet: TestFleet;
let administrator: TestAdministrator;

const queryAsApplication = (statement: string, values: unknown[] = []) =>
  query(as(central, application), statement, values);

beforeAll(async () => {
  owner = await makeRole('owner');
  application = await makeRole('application', mayMakeTenants ? 'CREATEDB CREATEROLE' : '');
  central = await makeDatabase(owner);
  await migrateCentralDatabase(central, application);
  const url = datasourceUrl(as(central, application));
  administrator = await makeAdministrator();
  fleet = await createTestFleet({
    CENTRAL_ADMIN_DATABASE_URL: url,
    TENANT_ADMIN_DATABASE_URL: mayMakeTenants ? url : datasourceUrl(administrator.datasource),
  });
  await queryAsApplication(addRecord);
});
afterAll(async () => {
  await fleet.close();
  await administrator.drop();
});

describe("the application's role in the central database", () => {
  it.each([
    "UPDATE audit_log SET action = 'other'",
    'DELETE FROM audit_log',
    'TRUNCATE audit_log',
    'SELECT id FROM audit_log FOR UPDATE',
    `${addRecord} ON CONFLICT (id) DO UPDATE SET action = 'other'`,
    ...(version < 15
      ? []
      : ["MERGE INTO audit_log USING tenants ON true WHEN MATCHED THEN UPDATE SET action = 'other'"]),
    'CREATE TRIGGER mine BEFORE INSERT ON audit_log EXECUTE FUNCTION refuse_change()',
  ])('is refused before any trigger is asked: %s', async (statement) => {
    await expect(queryAsApplication(statement)).rejects.toMatchObject({
      ...refusal,
      message: 'permission denied for table audit_log',
    });
  });

  it.each([
    'ALTER TABLE audit_log DISABLE TRIGGER ALL',
    'ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only',
    'DROP TRIGGER audit_log_append_only ON audit_log',
    'CREATE RULE mine AS ON INSERT TO audit_log DO INSTEAD NOTHING',
    'DROP FUNCTION refuse_change() CASCADE',
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    'SET session_replication_role = replica',
    'ALTER TABLE audit_log ADD COLUMN mine int',
    'ALTER TABLE tenants ADD COLUMN mine int',
    'DROP TABLE audit_log',
    'TRUNCATE managers',
    'CREATE TABLE mine ()',
    'CREATE TEMP TABLE mine ()',
    'CREATE SCHEMA mine',
    'CREATE VIEW mine AS SELECT 1',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
    'CREATE INDEX ON tenants (plan)',
    "ALTER TYPE tenant_status ADD VALUE 'mine'",
    "SELECT setval('tenants_id_seq', 1)",
    'SELECT * FROM _prisma_migrations',
    "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', 'x')",
    "UPDATE _prisma_migrations SET checksum = ''",
    'DELETE FROM _prisma_migrations',
    "COPY audit_log FROM PROGRAM 'true'",
  ])('is refused: %s', async (statement) => {
    await expect(queryAsApplication(statement)).rejects.toMatchObject(refusal);
  });

  it.each([
    'SET ROLE "owner"',
    'SET SESSION AUTHORIZATION "owner"',
    'GRANT "owner" TO "self"',
    ...(version < 15 ? [] : ['GRANT "self" TO "owner"']),
    'CREATE ROLE mine IN ROLE "owner"',
    'ALTER ROLE "owner" PASSWORD \'known-to-the-application\'',
    'ALTER ROLE "owner" RENAME TO mine',
    'ALTER ROLE "owner" SET session_replication_role = replica',
    'DROP ROLE "owner"',
    'GRANT pg_write_all_data TO "self"',
    'GRANT pg_execute_server_program TO "self"',
    'ALTER ROLE "self" SUPERUSER',
    'ALTER ROLE "self" BYPASSRLS',
    'ALTER ROLE "self" REPLICATION',
    'ALTER DATABASE "central" OWNER TO "self"',
    'ALTER DATABASE "central" RENAME TO mine',
    'ALTER DATABASE "central" SET session_replication_role = replica',
    'DROP DATABASE "central"',
    'CREATE DATABASE mine TEMPLATE "central"',
    'ALTER TABLE audit_log OWNER TO "self"',
    'REASSIGN OWNED BY "owner" TO "self"',
    'DROP OWNED BY "owner"',
    'ALTER DEFAULT PRIVILEGES FOR ROLE "owner" GRANT ALL ON TABLES TO "self"',
    'GRANT ALL ON _prisma_migrations TO "self"',
  ])('can make and administer roles, and is refused to rise: %s', async (statement) => {
    const named = statement
      .replace('"owner"', `"${owner}"`)
      .replace('"self"', `"${application}"`)
      .replace('"central"', `"${central.database}"`);
    // Dropping a database is only tried from another one.
    const connection = { ...as(central, application), database: 'postgres' };
    const database = /DATABASE/.test(statement) ? connection : as(central, application);
    await expect(query(database, named)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['audit_log', 'UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES', ['INSERT', 'SELECT']],
    ['managers', 'ALL', ['DELETE', 'INSERT', 'SELECT', 'UPDATE']],
    ['_prisma_migrations', '', []],
  ])('has on %s its privileges and can grant itself none of %s', async (table, wanted, expected) => {
    // PostgreSQL only warns whoever holds some privileges, none of them to pass on.
    if (wanted !== '') await queryAsApplication(`GRANT ${wanted} ON ${table} TO CURRENT_USER`);
    const held = await queryAsApplication(
      `SELECT privilege FROM unnest(ARRAY['DELETE','INSERT',${version < 17 ? '' : "'MAINTAIN',"}'REFERENCES','SELECT','TRIGGER','TRUNCATE','UPDATE']) AS privilege
       WHERE has_table_privilege($1, privilege)`,
      [table],
    );
    expect(held.map(({ privilege }) => privilege)).toEqual(expected);
  });

  it('adds to the audit log, and reads it', async () => {
    await queryAsApplication(addRecord);
    const [{ count }] = await queryAsApplication('SELECT count(*)::int FROM audit_log');
    expect(count).toBeGreaterThan(1);
  });

  it('writes its audit records now, whatever time it says', async () => {
    for (const moment of ['2001-01-01', '2101-01-01', 'infinity']) {
      const [written] = await queryAsApplication(
        `INSERT INTO audit_log (id, created_at, action, entity_type)
         VALUES (gen_random_uuid(), $1, 'made', 'tenant')
         RETURNING created_at <= clock_timestamp() AND created_at > clock_timestamp() - interval '1 minute' AS now`,
        [moment],
      );
      expect(written).toEqual({ now: true });
    }
  });

  it('can use a new table as soon as it is there', async () => {
    await query(central, 'CREATE TABLE later (id serial PRIMARY KEY, note text)');
    await queryAsApplication("INSERT INTO later (note) VALUES ('a')");
    await queryAsApplication("UPDATE later SET note = 'b'");
    expect(await queryAsApplication('DELETE FROM later RETURNING note')).toEqual([{ note: 'b' }]);
    await expect(queryAsApplication('TRUNCATE later')).rejects.toMatchObject(refusal);
    await query(central, 'DROP TABLE later');
  });
});

describe('a server and scripts with that role', { timeout: 60_000 }, () => {
  it('provision a tenant, serve it, and migrate it', async () => {
    await fleet.app.ready();
    await fleet.provision('served1');
    const { accessToken } = await fleet.signIn('served1');
    await expect(fleet.signIn('served1', 'admin', 'wrong')).rejects.toThrow('Sign-in failed');
    const { data } = await fleet.graphql('{ users { edges { node { username } } } }', { token: accessToken });
    expect(data.users.edges).toEqual([{ node: { username: 'admin' } }]);
    const { stdout } = await runScript('scripts/migrate-all-tenants.ts', ['--json'], fleet.environment);
    expect(JSON.parse(stdout)).toMatchObject({ total: 1, failed: 0 });
    await fleet.tools.central.tenantConfig.deleteMany();
    await fleet.tools.central.loginAddress.deleteMany();
  });

  it("keep a tenant's roles out of the central database", async () => {
    const tenant = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'served1' } });
    for (const role of [
      await tenantDatasource(tenant, fleet.tools.secrets),
      await ownerDatasource(tenant, fleet.tools.secrets),
    ]) {
      await expect(query({ ...role }, 'SELECT 1')).resolves.toHaveLength(1);
      await expect(query({ ...role, database: central.database }, 'SELECT 1')).rejects.toMatchObject({
        message: `permission denied for database "${central.database}"`,
      });
    }
  });

  it.each(['', 'CONNECT ON DATABASE'])(
    'are told what to do when the role has no privileges but %j',
    async (granted) => {
      const stranger = await makeRole(`stranger${granted.length}`);
      if (granted !== '') await query(central, `GRANT ${granted} "${central.database}" TO "${stranger}"`);
      const { exitCode, stderr } = await runScript('src/main.ts', [], {
        ...fleet.environment,
        CENTRAL_ADMIN_DATABASE_URL: datasourceUrl(as(central, stranger)),
      });
      expect(exitCode).toBe(1);
      expect(stderr).toContain('npm run migrate:central');
      if (granted !== '') await query(central, `REVOKE ${granted} "${central.database}" FROM "${stranger}"`);
    },
  );
});

describe('migrate-central', { timeout: 60_000 }, () => {
  it('changes nothing when it is run again', async () => {
    const before = await query(central, privileges);
    const { stdout, stderr } = await migrateCentral(central, application, '--json');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      database: central.database,
      owner,
      application,
      applied: [],
      remarks: [],
    });
    expect(await query(central, privileges)).toEqual(before);
  });

  it('takes back whatever was granted besides', async () => {
    const before = await query(central, privileges);
    await query(
      central,
      `GRANT ALL ON DATABASE "${central.database}" TO PUBLIC, "${application}";
       GRANT ALL ON SCHEMA public TO PUBLIC, "${application}";
       GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
       GRANT ALL ON ALL TABLES IN SCHEMA public TO "${application}" WITH GRANT OPTION;
       GRANT UPDATE (action) ON audit_log TO "${application}";
       GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "${application}"`,
    );
    await queryAsApplication(`GRANT UPDATE ON audit_log TO "${await makeRole('heir')}"`);
    await migrateCentralDatabase(central, application);
    expect(await query(central, privileges)).toEqual(before);
    await expect(queryAsApplication("UPDATE audit_log SET action = 'other'")).rejects.toMatchObject(refusal);
  });

  it('makes the schema, and the database when it is missing and the owner may make one', async () => {
    const maker = await makeRole('maker', 'CREATEDB');
    // The missing database is created from a connection to this one.
    await runAsSuperuser(`GRANT CONNECT ON DATABASE postgres TO "${maker}", "${owner}"`);
    onTestFinished(async () => {
      await runAsSuperuser(`REVOKE CONNECT ON DATABASE postgres FROM "${maker}", "${owner}"`);
    });
    const missing = { ...as(central, maker), database: `central_missing_${suffix}` };
    const { exitCode, stdout, stderr } = await migrateCentral(missing, application);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/ {2}applied \d+_init\n/);
    expect(stdout).toContain(`${maker} owns it, and ${application} uses it.`);
    await query(as(missing, application), addRecord);
    await runAsSuperuser(`DROP DATABASE "${missing.database}"`);
    const refused = await migrateCentral({ ...missing, user: owner }, application);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toBe('migrate-central: permission denied to create database\n');
  });

  it('separates a database in which one role did everything, once a superuser has handed it over', async () => {
    const single = await makeRole('single', mayMakeTenants ? 'CREATEDB CREATEROLE' : 'CREATEDB');
    const newOwner = await makeRole('new_owner');
    const database = await makeDatabase(single);
    const asOwner = as(database, newOwner);
    const first = await migrateCentral(database, single);
    expect(first.stdout).toContain(`${single} both owns and uses it: only a trigger protects its audit log`);
    await query(database, addRecord);
    await expect(query(database, 'DELETE FROM audit_log')).rejects.toThrow(
      'Records of audit_log are never changed',
    );
    const stranger = { ...as(database, owner) };
    await expect(query(stranger, 'SELECT 1')).rejects.toThrow('permission denied for database');

    const advice =
      /^migrate-central: .+: as a superuser in that database, run (REASSIGN .+), and then this again\.\n$/;
    const locked = await migrateCentral(asOwner, single);
    expect(locked.stderr).toContain('may not even connect');
    await runAsSuperuser(`GRANT CONNECT ON DATABASE ${database.database} TO "${newOwner}"`);
    const refused = await migrateCentral(asOwner, single);
    expect(refused.stderr).toContain(`${single} owns what is in`);
    expect([locked.exitCode, refused.exitCode]).toEqual([1, 1]);
    const [, statement = ''] = advice.exec(refused.stderr) ?? [];
    expect(advice.exec(locked.stderr)?.[1]).toBe(statement);
    const superuser = { ...databases.at(-1)?.connection };
    await query(superuser, statement);

    expect((await migrateCentral(asOwner, single)).stdout).toContain(
      `${newOwner} owns it, and ${single} uses it.`,
    );
    expect(await query(database, 'SELECT action FROM audit_log')).toEqual([{ action: 'made' }]);
    await query(database, addRecord);
    for (const refusedStatement of [
      'DELETE FROM audit_log',
      'ALTER TABLE audit_log DISABLE TRIGGER ALL',
      'DROP FUNCTION refuse_change() CASCADE',
      "ALTER TYPE tenant_status ADD VALUE 'mine'",
      'CREATE TABLE mine ()',
      `SET ROLE "${newOwner}"`,
    ]) {
      await expect(query(database, refusedStatement), refusedStatement).rejects.toMatchObject(refusal);
    }
  });

  it.each([
    [
      'does not exist',
      async () => 'nobody',
      /^migrate-central: The application.s role nobody does not exist: create it first/,
    ],
    ['is a superuser', () => makeRole('superuser', 'SUPERUSER'), /can make itself the owner/],
    [
      'is a member of the owner',
      async () => {
        const role = await makeRole('member');
        await runAsSuperuser(`GRANT "${owner}" TO "${role}"`);
        return role;
      },
      /can make itself the owner/,
    ],
    [
      'may write all data',
      async () => {
        const role = await makeRole('writer');
        await runAsSuperuser(`GRANT pg_write_all_data TO "${role}"`);
        return role;
      },
      /or change its audit log: run REVOKE pg_write_all_data FROM "Central_writer_/,
    ],
    [
      'may administer the owner',
      async () => {
        const role = await makeRole('administrator', 'CREATEROLE');
        const options = version < 16 ? 'ADMIN OPTION' : 'ADMIN TRUE, INHERIT FALSE, SET FALSE';
        await runAsSuperuser(`GRANT "${owner}" TO "${role}" WITH ${options}`);
        return role;
      },
      /can make itself the owner/,
    ],
  ])('refuses an application whose role %s, before it changes anything', async (_what, make, sentence) => {
    const database = await makeDatabase(owner);
    const { exitCode, stderr } = await migrateCentral(database, await make());
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(await query(database, "SELECT to_regclass('tenants') AS tenants")).toEqual([{ tenants: null }]);
  });

  it.runIf(version < 16)(
    'refuses an application that makes roles until it has run what it is told',
    async () => {
      const role = await makeRole('maker_of_roles', 'CREATEDB CREATEROLE');
      const database = await makeDatabase(owner);
      const { exitCode, stderr } = await migrateCentral(database, role);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('with CREATEDB and CREATEROLE, in TENANT_ADMIN_DATABASE_URL.');
      await runAsSuperuser(/ALTER ROLE .+ NOCREATEROLE/.exec(stderr)?.[0] ?? '');
      expect(await migrateCentral(database, role)).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );

  it('remarks on a schema public that everybody may create in, as a database from PostgreSQL 14 has it', async () => {
    const database = await makeDatabase(owner);
    const superuser = { ...databases.at(-1)?.connection };
    await query(superuser, `ALTER SCHEMA public OWNER TO postgres; GRANT ALL ON SCHEMA public TO PUBLIC`);
    const { stdout } = await migrateCentral(database, application, '--json');
    const [remark = ''] = JSON.parse(stdout).remarks;
    expect(remark).toContain(`${application} may create tables and functions in the schema public`);
    await query(superuser, /run (.+)\.$/.exec(remark)?.[1] ?? '');
    expect(JSON.parse((await migrateCentral(database, application, '--json')).stdout).remarks).toEqual([]);
    await expect(query(as(database, application), 'CREATE TABLE mine ()')).rejects.toMatchObject(refusal);
  });

  it('refuses a database of another encoding than UTF-8, and names it', async () => {
    const database = `latin_${suffix}`;
    await runAsSuperuser(`CREATE DATABASE ${database} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    onTestFinished(() => runAsSuperuser(`DROP DATABASE ${database}`).then(() => {}));
    const superuser = parseDatasourceUrl(inject('postgresUrl'));
    await expect(migrateCentralDatabase({ ...superuser, database }, superuser.user)).rejects.toThrow(
      `The database ${database} has the encoding LATIN1: it must be UTF8.`,
    );
  });

  it('refuses an owner that is none', async () => {
    const { exitCode, stderr } = await migrateCentral(as(central, application), application);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `migrate-central: The database ${central.database} belongs to ${owner}, not to ${application}: name its owner in CENTRAL_MIGRATION_DATABASE_URL.\n`,
    );
  });

  it('says what is missing from the environment', async () => {
    const { exitCode, stderr } = await runScript('scripts/migrate-central.ts', [], {});
    expect(exitCode).toBe(1);
    expect(stderr).toContain('CENTRAL_ADMIN_DATABASE_URL is missing');
  });
});

describe("the Prisma CLI's configuration of the central database", () => {
  it.each([
    [{ OWNER_URL: 'postgresql://owner@db/x', URL: 'postgresql://db/x' }, 'postgresql://owner@db/x'],
    [{ OWNER_URL: '', URL: 'postgresql://db/x' }, 'postgresql://db/x'],
    [{}, 'unset:OWNER_URL'],
  ])('takes the first variable that is set: %j', (environment, url) => {
    const database = {
      schema: 's',
      migrations: 'm',
      urlVariables: ['OWNER_URL', 'URL'] as const,
      engine: '/engine.mjs',
    };
    expect(prismaCliConfig({ ...environment }, database).datasource?.url).toBe(url);
  });
});
