import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withdrawOwnEntries } from '../../src/db/database-entry.ts';
import { closeLargeObjects, closePublicSchema } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import {
  type ProvisioningTools,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantRoles } from '../../src/tenancy/sign-in-roles.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { runAsSuperuser } from '../support/central-database.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';
import { makeSingleRoleTenant } from '../support/single-role-tenant.ts';

/** PostgreSQL's error for a missing privilege. */
const refusal = { code: '42501' };

const migration = { engine: 'wasm', concurrency: 4, dryRun: false } as const;

let fleet: TestFleet;
let administrator: TestAdministrator;
let tools: ProvisioningTools;

beforeAll(async () => {
  fleet = await createTestFleet();
  administrator = await makeAdministrator();
  tools = { ...fleet.tools, tenantAdminDatasource: administrator.datasource };
});
afterAll(async () => {
  await fleet.close();
  await administrator.drop();
});

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const provision = (tenantKey: string, onStep?: (step: string) => Promise<void>) =>
  provisionTenant(
    tools,
    { tenantKey, companyName: 'Company', adminPassword: testPassword, ...fleet.placeFor(tenantKey) },
    onStep,
  );

const migrate = (...tenantKeys: string[]) => migrateFleet(tools, { ...migration, tenantKeys });

const superuserOf = () => parseDatasourceUrl(inject('postgresUrl'));

/** Works as the administrator, in one session. */
const inSession = <T>(database: string, work: (client: pg.Client) => Promise<T>) =>
  withConnection({ ...administrator.datasource, database }, work);

const asAdministrator = (statement: string, database = administrator.datasource.database) =>
  inSession(database, async (client) => (await client.query(statement)).rows);

const backendSchema = z.object({ processID: z.int() });

/** The server process behind a connection. */
const backendOf = (client: pg.Client) => backendSchema.parse(client).processID;

/** Tries what the administrator must not be able to do, on the tenant's server and in its database. */
async function expectNoRights(tenantKey: string): Promise<void> {
  const tenant = await rowOf(tenantKey);
  const database = pg.escapeLiteral(tenant.dbName);
  const found = await inSession(administrator.datasource.database, async (client) => {
    for (const role of tenantRoles(tenant)) {
      const roles = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
      if (roles.rowCount === 0) continue;
      await expect(client.query(`SET ROLE ${pg.escapeIdentifier(role)}`), role).rejects.toMatchObject(
        refusal,
      );
    }
    const { rows } = await client.query(
      `SELECT has_database_privilege('public', datname, 'CONNECT') AS open FROM pg_database WHERE datname = ${database}`,
    );
    return rows[0];
  });
  if (!found) return;
  if (!found.open) await expect(asAdministrator('SELECT 1', tenant.dbName)).rejects.toMatchObject(refusal);
  // Even if somebody lets it in, it may do nothing there.
  const names = [tenant.dbName, administrator.datasource.user].map((name) => pg.escapeIdentifier(name));
  await runAsSuperuser(`GRANT CONNECT ON DATABASE ${names[0]} TO ${names[1]}`);
  await inSession(tenant.dbName, async (client) => {
    for (const statement of [
      'SELECT * FROM sys.users',
      'ALTER TABLE sys.audit_log DISABLE TRIGGER ALL',
      'DELETE FROM sys.audit_log',
      'DROP SCHEMA sys CASCADE',
      `ALTER DATABASE ${names[0]} OWNER TO CURRENT_USER`,
    ]) {
      // Before the migrations, the table does not exist: 42P01, 3F000.
      await expect(client.query(statement), statement).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|42P01|3F000)$/),
      });
    }
  });
  await runAsSuperuser(`REVOKE CONNECT ON DATABASE ${names[0]} FROM ${names[1]}`);
}

/** Leaves the administrator's rights in place, as earlier versions and killed processes do. */
async function giveRightsForGood(tenantKey: string): Promise<void> {
  const { dbUser, dbOwnerUser } = await rowOf(tenantKey);
  for (const role of [dbUser, String(dbOwnerUser)]) {
    await asAdministrator(`GRANT ${pg.escapeIdentifier(role)} TO CURRENT_USER`);
  }
}

describe("an administrator who is no superuser has none of the tenants' rights", () => {
  it('after each step of provisioning', async () => {
    await provision('steps1', () => expectNoRights('steps1'));
    await expectNoRights('steps1');
    await expect(fleet.signIn('steps1')).resolves.toHaveProperty('accessToken');
  });

  it('after a migration, a move, and each step of a rotation that ends sessions', async () => {
    await provision('changed1');
    expect(await migrate('changed1')).toMatchObject([{ error: null }]);
    await expectNoRights('changed1');
    await moveTenant(tools, 'changed1', {});
    await expectNoRights('changed1');
    const options = { purpose: 'application', graceSeconds: 0, drainSeconds: 0 } as const;
    const { tenantAdminDatasource: place } = tools;
    const { dbUser, dbName, dbPasswordEncrypted } = await rowOf('changed1');
    const password = await tools.secrets.read(
      { tenantKey: 'changed1', purpose: 'application' },
      dbPasswordEncrypted,
    );
    const stuck = new pg.Client({ ...place, database: dbName, user: dbUser, password });
    stuck.on('error', () => {});
    await stuck.connect();
    const outcome = await rotateCredentials(tools, 'changed1', options, () => expectNoRights('changed1'));
    expect(outcome).toMatchObject({ terminated: 1, old: { sessions: 0 } });
    await rotateCredentials(tools, 'changed1', { ...options, purpose: 'owner' }, () =>
      expectNoRights('changed1'),
    );
  });

  it('after it has separated an owner from the application, also when that fails', async () => {
    await makeSingleRoleTenant(tools, 'older1', fleet.placeFor('older1'));
    await expectNoRights('older1');
    const cutOff = () => {
      throw new Error('cut off');
    };
    const failing = { ...tools, secrets: { ...tools.secrets, write: cutOff } };
    expect(await migrateFleet(failing, { ...migration, tenantKeys: ['older1'] })).toMatchObject([
      { status: 'failed', error: 'cut off' },
    ]);
    await expectNoRights('older1');
    expect(await migrate('older1')).toMatchObject([{ status: 'migrated', error: null }]);
    await expectNoRights('older1');
  });

  it('after it was let in twice, because another run took the first access for a leftover', async () => {
    await makeSingleRoleTenant(tools, 'older2', fleet.placeFor('older2'));
    const { dbName } = await rowOf('older2');
    const withdrawn: string[] = [];
    const { connect } = pg.Client.prototype;
    onTestFinished(() => {
      pg.Client.prototype.connect = connect;
    });
    pg.Client.prototype.connect = async function withdrawFirst(this: pg.Client) {
      const { user } = administrator.datasource;
      if (this.database === dbName && this.user === user && withdrawn.length === 0) {
        withdrawn.push(...(await withConnection(administrator.datasource, withdrawOwnEntries)));
      }
      return Reflect.apply(connect, this, []);
    };
    expect(await migrate('older2')).toMatchObject([{ status: 'migrated', error: null }]);
    expect(withdrawn).toEqual([dbName]);
    await expectNoRights('older2');
  });

  it('after a step that failed, and after removing what an unfinished run has made', async () => {
    const { dbName } = fleet.placeFor('failing1');
    await runAsSuperuser(`CREATE DATABASE ${pg.escapeIdentifier(dbName)}`);
    await expect(provision('failing1')).rejects.toThrow('belongs to something else');
    await expectNoRights('failing1');
    await runAsSuperuser(`DROP DATABASE ${pg.escapeIdentifier(dbName)}`);
    await provision('failing1', async (step) => {
      if (step === 'migrate') throw new Error('cut off');
    }).catch(() => {});
    await expectNoRights('failing1');
    const roles = tenantRoles(await rowOf('failing1'));
    expect(await removeUnfinishedTenant(tools, 'failing1')).toBe(true);
    expect(await asAdministrator('SELECT rolname FROM pg_roles')).not.toContainEqual({
      rolname: roles.at(-1),
    });
    expect(await asAdministrator('SELECT datname FROM pg_database')).not.toContainEqual({ datname: dbName });
  });

  it('after its connection was ended while it made a database', async () => {
    const { query } = pg.Client.prototype;
    pg.Client.prototype.query = function end(this: pg.Client, ...args: unknown[]) {
      if (!String(args[0]).startsWith('CREATE DATABASE')) return Reflect.apply(query, this, args);
      const lost = runAsSuperuser(`SELECT pg_terminate_backend(${backendOf(this)}, 5000)`);
      return lost.then(() => Reflect.apply(query, this, args));
    };
    onTestFinished(() => {
      pg.Client.prototype.query = query;
    });
    await expect(provision('ended1')).rejects.toThrow('Step create-database failed');
    pg.Client.prototype.query = query;
    await expectNoRights('ended1');
    await expect(provision('ended1')).resolves.toMatchObject({ outcome: 'provisioned' });
  });

  it('after a removal that was cut off, which the next one finishes', async () => {
    await provision('removed1');
    const { dbName } = await rowOf('removed1');
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'removed1' },
      data: { status: 'failed', isActive: false },
    });
    const { query } = pg.Client.prototype;
    pg.Client.prototype.query = function cut(this: pg.Client, ...args: unknown[]) {
      if (String(args[0]).startsWith('DROP DATABASE')) throw new Error('cut off');
      return Reflect.apply(query, this, args);
    };
    await expect(removeUnfinishedTenant(tools, 'removed1')).rejects.toThrow('cut off');
    pg.Client.prototype.query = query;
    // Before PostgreSQL 16, a membership has no options, and a role's creator is no member of it.
    const memberships = await asAdministrator(
      `SELECT 1 FROM pg_auth_members AS granted CROSS JOIN to_jsonb(granted) AS option
       WHERE member = current_user::regrole
         AND coalesce((option ->> 'inherit_option')::boolean OR (option ->> 'set_option')::boolean, true)`,
    );
    expect(memberships).toEqual([]);
    expect(await removeUnfinishedTenant(tools, 'removed1')).toBe(true);
    expect(await asAdministrator('SELECT datname FROM pg_database')).not.toContainEqual({ datname: dbName });
  });

  it('of those that were left for good, once the fleet is migrated', async () => {
    await provision('left1');
    await giveRightsForGood('left1');
    await migrate('left1');
    await expectNoRights('left1');
  });

  it('of the access to a database that a killed process has left, once the fleet is migrated', async () => {
    const { dbName } = await rowOf('left1');
    const connectsTo = async () =>
      await asAdministrator(`SELECT has_database_privilege(${pg.escapeLiteral(dbName)}, 'CONNECT') AS may`);
    const owner = pg.escapeIdentifier(String((await rowOf('left1')).dbOwnerUser));
    await runAsSuperuser(
      `SET ROLE ${owner};
       GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(dbName)} TO ${pg.escapeIdentifier(administrator.datasource.user)}`,
    );
    expect(await connectsTo()).toEqual([{ may: true }]);
    await migrate('left1');
    expect(await connectsTo()).toEqual([{ may: false }]);
    await expectNoRights('left1');
    const records = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'server.withdraw_rights' },
      orderBy: { createdAt: 'desc' },
    });
    expect(records[0]?.changes).toMatchObject({ entries: { before: [dbName], after: null } });
  });

  it('of those that were left for good, once any tenant is provisioned', async () => {
    await giveRightsForGood('left1');
    await provision('another1');
    await expectNoRights('left1');
  });

  it('while several tenants are made and migrated at once', async () => {
    await Promise.all([
      ...['many1', 'many2', 'many3', 'many4'].map((tenantKey) => provision(tenantKey)),
      migrate('steps1', 'left1'),
      migrate('steps1', 'left1'),
    ]);
    for (const tenantKey of ['many1', 'many2', 'many3', 'many4']) await expectNoRights(tenantKey);
  }, 30_000);

  // There is no such setting before PostgreSQL 16.
  it.runIf(inject('postgresVersion') >= 16)(
    'on a server that makes whoever makes a role a member of it',
    async () => {
      const user = pg.escapeIdentifier(administrator.datasource.user);
      await runAsSuperuser(`ALTER ROLE ${user} SET createrole_self_grant = 'set, inherit'`);
      await provision('granted1', () => expectNoRights('granted1'));
      await runAsSuperuser(`ALTER ROLE ${user} RESET createrole_self_grant`);
    },
  );
});

describe('what the administrator may not take away', () => {
  it('is listed by migrate-all-tenants, and keeps no tenant from its migration', async () => {
    const url = new URL(inject('postgresUrl'));
    url.username = administrator.datasource.user;
    url.password = administrator.datasource.password;
    const { exitCode, stdout } = await runScript(
      'scripts/migrate-all-tenants.ts',
      ['--json', '--tenant-key', 'steps1'],
      { ...fleet.environment, TENANT_ADMIN_DATABASE_URL: url.href },
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).servers).toEqual([
      {
        server: url.host,
        remarks: expect.arrayContaining([
          "Tenants' roles may make large objects in their databases: only a superuser can take that away.",
        ]),
      },
    ]);
  });

  const remarksOn = async (tenantKey: string) => {
    const heard: string[] = [];
    await migrateFleet(
      tools,
      { ...migration, tenantKeys: [tenantKey] },
      () => {},
      ({ remarks }) => void heard.push(...remarks),
    );
    return heard.join();
  };

  it('is listed no more once a superuser has taken it away', async () => {
    const { dbName } = await rowOf('steps1');
    const superuser = { ...superuserOf(), database: dbName };
    await withConnection(superuser, closeLargeObjects);
    expect(await remarksOn('steps1')).not.toContain('large objects');
    const open = `ALTER SCHEMA public OWNER TO ${superuser.user}; GRANT ALL ON SCHEMA public TO PUBLIC`;
    await withConnection(superuser, (client) => client.query(open));
    expect(await remarksOn('steps1')).toContain('may create tables and functions in the schema public');
    await withConnection(superuser, (client) => closePublicSchema(client));
    expect(await remarksOn('steps1')).not.toContain('schema public');
  });

  it('is no matter either when the administrator can’t get in at all', async () => {
    const datasource = { ...administrator.datasource, password: 'wrong' };
    const heard: unknown[] = [];
    const reports = await migrateFleet(
      { ...tools, tenantAdminDatasource: datasource },
      { ...migration, tenantKeys: ['steps1'] },
      () => {},
      (report) => heard.push(report),
    );
    expect(reports).toMatchObject([{ status: 'up-to-date', error: null }]);
    expect(heard).toMatchObject([
      { remarks: [expect.stringContaining(`${datasource.user} can't work there`)] },
    ]);
  });
});
