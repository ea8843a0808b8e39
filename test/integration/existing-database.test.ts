import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import {
  DatabaseNotReadyError,
  examineExistingDatabase,
} from '../../src/tenancy/provisioning/existing-database/existing-database.ts';
import { findingsAsScript } from '../../src/tenancy/provisioning/existing-database/finding.ts';
import {
  type ProvisioningTools,
  provisioningSteps,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import { reencryptCredentials } from '../../src/tenancy/reencryption/reencrypt-credentials.ts';
import { repairTenantDatabase } from '../../src/tenancy/restore/repair-tenant-database.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { rotateFleet } from '../../src/tenancy/rotation/rotate-fleet.ts';
import { tenantSchemas } from '../../src/tenancy/tenant-schemas.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { runAsSuperuser } from '../support/central-database.ts';
import {
  makeOperatorsDatabase,
  nameOperatorsDatabase,
  type OperatorsDatabase,
  requestIn,
} from '../support/existing-database.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runAsPsql } from '../support/psql.ts';
import { runScript } from '../support/run-script.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

const { escapeIdentifier: quoted } = pg;

let fleet: TestFleet;
/** Somebody who may make roles and databases, for the operator's part. */
let operator: TestAdministrator;
let tools: ProvisioningTools;
const made: OperatorsDatabase[] = [];
/** Roles and the like that are dropped after the databases. */
const drops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  fleet = await createTestFleet();
  operator = await makeAdministrator();
  // Whatever asks an administrator for something fails.
  tools = {
    ...fleet.tools,
    tenantAdminDatasource: { ...fleet.tools.tenantAdminDatasource, user: 'nobody', password: 'nothing' },
  };
});
afterAll(async () => {
  await fleet.close();
  for (const database of made) await database.drop();
  for (const drop of drops) await drop();
  await operator.drop();
});

async function make(): Promise<OperatorsDatabase> {
  const database = await makeOperatorsDatabase(operator.datasource);
  made.push(database);
  return database;
}

function name(): OperatorsDatabase {
  const database = nameOperatorsDatabase();
  made.push(database);
  return database;
}

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUnique({ where: { tenantKey } });

const examine = (database: OperatorsDatabase, tenantKey: string) =>
  examineExistingDatabase(tools, requestIn(database, tenantKey), null);

const problemsOf = async (database: OperatorsDatabase, tenantKey: string) =>
  (await examine(database, tenantKey)).missing.map(({ problem }) => problem);

const schemasOf = (database: OperatorsDatabase) =>
  withConnection({ ...database.superuser, database: database.dbName }, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      String.raw`SELECT nspname AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' ORDER BY 1`,
    );
    return rows.map((row) => row.name);
  });

describe('a database and roles that an operator has made', () => {
  const steps: string[] = [];
  let database: OperatorsDatabase;
  beforeAll(async () => {
    database = await make();
    await provisionTenant(tools, requestIn(database, 'given1'), (step) => void steps.push(step));
  });

  it('become a tenant’s with nobody but those two roles, and are closed to everybody else', async () => {
    expect(steps).toEqual(['register', 'grant', 'migrate', 'seed', 'activate']);
    expect(await rowOf('given1')).toMatchObject({
      dbIsProvided: true,
      dbUser: database.dbUser,
      dbOwnerUser: database.dbOwnerUser,
    });
    await expect(fleet.signIn('given1')).resolves.toHaveProperty('accessToken');
    expect(await provisionTenant(tools, requestIn(database, 'given1'))).toMatchObject({
      outcome: 'unchanged',
    });
    const stranger = await makeAdministrator('');
    onTestFinished(() => stranger.drop());
    await expect(
      withConnection({ ...stranger.datasource, database: database.dbName }, async () => {}),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(
      withConnection(database.as('application'), (client) => client.query('CREATE SCHEMA mine')),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('are migrated, re-encrypted and moved without an administrator, and its absence is no remark', async () => {
    const servers: unknown[] = [];
    const [report] = await migrateFleet(
      tools,
      { engine: 'wasm', concurrency: 1, dryRun: false, tenantKeys: ['given1'] },
      undefined,
      (server) => void servers.push(server),
    );
    expect(report).toMatchObject({ status: 'up-to-date', error: null, ownerSeparated: false });
    expect(JSON.stringify(servers)).not.toContain("can't work there");
    const options = { tenantKeys: ['given1'], to: null, dryRun: false, batchSize: 1, concurrency: 1 };
    expect(await reencryptCredentials(tools, options)).toMatchObject({ failures: [] });
    expect(await moveTenant(tools, 'given1', {})).toMatchObject({ moved: false, proof: 'marker' });
  });

  it('take no turns: a rotation refuses the tenant, and one of all leaves it out and says so', async () => {
    const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 0 } as const;
    await expect(rotateCredentials(tools, 'given1', rotation)).rejects.toThrow('give it to move-tenant');
    const batches = {
      batchSize: 20,
      concurrency: 4,
      maximumFailureRate: 0,
      skipRotatedSince: null,
      dryRun: false,
    };
    const all = await rotateFleet(tools, { ...rotation, ...batches, tenantKeys: [] });
    expect(all).toContainEqual(
      expect.objectContaining({
        tenantKey: 'given1',
        status: 'left-out',
        reason: expect.stringContaining('move-tenant'),
      }),
    );
    const [named] = await rotateFleet(tools, { ...rotation, ...batches, tenantKeys: ['given1'] });
    expect(named).toMatchObject({ status: 'failed', error: expect.stringContaining('move-tenant') });
    const pending = await rotateFleet(tools, {
      ...rotation,
      ...batches,
      dryRun: true,
      tenantKeys: ['given1'],
    });
    expect(pending).toMatchObject([{ status: 'failed' }]);
  });

  it('are not repaired after a restoration, and what to do instead is said', async () => {
    const restoreTools = { ...tools, invalidateSessions: async () => {} };
    const options = { dryRun: false, trust: false, endSessions: false };
    await expect(repairTenantDatabase(restoreTools, 'given1', {}, options)).rejects.toThrow(
      `Restore the dump as ${database.dbOwnerUser}, with pg_restore --no-owner`,
    );
  });

  it('go on being made wherever a run was cut off', async () => {
    const unfinished = await make();
    for (const last of provisioningSteps.filter((step) => !step.startsWith('create-'))) {
      const cutOff = provisionTenant(tools, requestIn(unfinished, 'given4'), (step) => {
        if (step === last) throw new Error('cut off');
      });
      await expect(cutOff).rejects.toThrow('cut off');
    }
    expect(await rowOf('given4')).toMatchObject({ status: 'active' });
    await expect(fleet.signIn('given4')).resolves.toHaveProperty('accessToken');
  });

  it('are left empty by --cleanup, and stay', async () => {
    const unfinished = await make();
    const cutOff = provisionTenant(tools, requestIn(unfinished, 'given5'), (step) => {
      if (step === 'seed') throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    const left: string[] = [];
    expect(await removeUnfinishedTenant(tools, 'given5', (names) => void left.push(...names))).toBe(true);
    expect(left).toEqual([unfinished.dbName, unfinished.dbUser, unfinished.dbOwnerUser]);
    expect(await rowOf('given5')).toBeNull();
    expect(await schemasOf(unfinished)).toEqual(['public']);
    expect(await problemsOf(unfinished, 'given5')).toEqual([]);
  });

  it('are given up by --cleanup when the operator has dropped them already', async () => {
    const unfinished = await make();
    const cutOff = provisionTenant(tools, requestIn(unfinished, 'given6'), () => {
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    await unfinished.drop();
    const left: string[] = [];
    await removeUnfinishedTenant(tools, 'given6', (names) => void left.push(...names));
    expect(left.at(-1)).toContain("can't sign in");
    expect(await rowOf('given6')).toBeNull();
  });
});

describe('what is missing is found before anything is recorded or changed', () => {
  /** Mends as a superuser what is listed. */
  async function mend(database: OperatorsDatabase, tenantKey: string): Promise<string[]> {
    const { missing } = await examine(database, tenantKey);
    const script = findingsAsScript(missing);
    for (const password of Object.values(database.passwords)) expect(script).not.toContain(password);
    for (const { problem, statements } of missing) {
      expect({ problem, statements }).not.toEqual({ problem, statements: [] });
    }
    expect(script.match(/^-- (To be run by|For psql, as) /gm)).toHaveLength(missing.length);
    await runAsPsql(script, database.superuser, database.passwords);
    return missing.map(({ problem }) => problem);
  }

  it('everything: the statements make it, and then nothing is missing', async () => {
    const database = name();
    expect(await mend(database, 'lacks1')).toEqual([expect.stringContaining('Neither role can sign in')]);
    expect(await problemsOf(database, 'lacks1')).toEqual([]);
    await expect(rowOf('lacks1')).resolves.toBeNull();
  });

  it('all at once, in statements that mend it all', async () => {
    const { tenant: other } = await provisionTenant(fleet.tools, {
      tenantKey: 'other2',
      companyName: 'Other',
      ...fleet.placeFor('other2'),
    });
    const database = await make();
    const [app, owner, outsider, place] = [
      database.dbUser,
      database.dbOwnerUser,
      other.dbUser,
      database.dbName,
    ].map((name) => quoted(name));
    for (const statement of [
      `ALTER ROLE ${app} CREATEDB CREATEROLE BYPASSRLS REPLICATION`,
      `GRANT pg_read_all_data, ${owner} TO ${app}`,
      `ALTER ROLE ${app} SET role TO ${pg.escapeLiteral(database.dbOwnerUser)}`,
      `ALTER DATABASE ${place} OWNER TO CURRENT_USER`,
      `GRANT CREATE, CONNECT ON DATABASE ${place} TO ${owner}`,
      `GRANT TEMPORARY ON DATABASE ${place} TO PUBLIC`,
      `GRANT CONNECT ON DATABASE ${place} TO ${outsider}`,
    ]) {
      await runAsSuperuser(statement);
    }
    await runAsPsql('GRANT CREATE ON SCHEMA public TO PUBLIC;', {
      ...database.superuser,
      database: database.dbName,
    });
    await runAsSuperuser(`ALTER DATABASE ${place} SET default_transaction_read_only TO on`);
    await expect(provisionTenant(tools, requestIn(database, 'lacks2'))).rejects.toThrow(
      DatabaseNotReadyError,
    );
    expect(await mend(database, 'lacks2')).toEqual([
      `Signed in as ${database.dbUser}, a session acts as ${database.dbOwnerUser}.`,
      'Transactions are read-only by default.',
      `Every role of the server may connect to the database ${database.dbName}, or make temporary tables there.`,
      // Before PostgreSQL 15, it is so in every new database, and a remark.
      ...(inject('postgresVersion') >= 15
        ? [`Every role that connects may make tables in the schema public of ${database.dbName}.`]
        : []),
      `The role ${other.dbUser}, which is another tenant's, may connect to the database ${database.dbName}.`,
      `The role ${database.dbUser} has rights that no application may have: CREATEDB, CREATEROLE, REPLICATION, BYPASSRLS.`,
      `The role ${database.dbUser} can act as ${database.dbOwnerUser}, the owner.`,
      `The role ${database.dbUser} is a member of pg_read_all_data, and so has rights that no application may have.`,
    ]);
    expect(await problemsOf(database, 'lacks2')).toEqual([]);
    expect(await schemasOf(database)).toEqual(['public']);
    // The owner's role doesn't own the database now, and needs not.
    expect(await provisionTenant(tools, requestIn(database, 'lacks2'))).toMatchObject({
      outcome: 'provisioned',
    });
    await expect(fleet.signIn('lacks2')).resolves.toHaveProperty('accessToken');
  });

  it('a role that is missing, may not sign in or has expired, and a database of another’s', async () => {
    const database = await make();
    const [app, owner, place] = [database.dbUser, database.dbOwnerUser, database.dbName].map((name) =>
      quoted(name),
    );
    await runAsSuperuser(`ALTER ROLE ${app} NOLOGIN`);
    expect(await mend(database, 'lacks3')).toEqual([`The role ${database.dbUser} may not sign in.`]);
    await runAsSuperuser(`ALTER ROLE ${app} VALID UNTIL '2001-01-01'`);
    expect(await mend(database, 'lacks3')).toEqual([`The password of ${database.dbUser} has expired.`]);
    await runAsSuperuser(`REVOKE CONNECT ON DATABASE ${place} FROM ${app}; DROP ROLE ${app}`);
    expect(await mend(database, 'lacks3')).toEqual([`There is no role ${database.dbUser}.`]);
    await runAsSuperuser(
      `ALTER DATABASE ${place} OWNER TO ${app}; REVOKE ALL ON DATABASE ${place} FROM ${owner}`,
    );
    expect(await mend(database, 'lacks3')).toEqual([
      `The role ${database.dbOwnerUser} may not connect to the database ${database.dbName}.`,
      `The database ${database.dbName} belongs to ${database.dbUser}, and not to ${database.dbOwnerUser}.`,
    ]);
    expect(await problemsOf(database, 'lacks3')).toEqual([]);
  });

  it.each(tenantSchemas)(
    'a schema %s of somebody else’s, where the tenant’s own would be',
    async (schema) => {
      const database = await make();
      await withConnection({ ...database.superuser, database: database.dbName }, (client) =>
        client.query(`CREATE SCHEMA ${schema}`),
      );
      expect(await problemsOf(database, 'lacks6')).toEqual([
        `The database ${database.dbName} is not empty: it has the schema ${schema}. Name an empty one with --db-name.`,
      ]);
    },
  );

  it('what no statement mends: another password, data, another tenant’s marker, a tenant’s role', async () => {
    const database = await make();
    const wrong = { ...database, dbPassword: 'another-password' };
    expect(await problemsOf(wrong, 'lacks4')).toEqual([expect.stringMatching(/can't sign in: .*password/)]);
    await withConnection(database.as('owner'), (client) => client.query('CREATE TABLE public.orders ()'));
    expect(await problemsOf(database, 'lacks4')).toEqual([
      `The database ${database.dbName} is not empty: it has public.orders. Name an empty one with --db-name.`,
    ]);
    await withConnection(database.as('owner'), (client) => client.query('DROP TABLE public.orders'));
    await provisionTenant(tools, requestIn(database, 'lacks4'));
    const { id } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'lacks4' } });
    await expect(examine(database, 'lacks5')).rejects.toThrow(
      'Another tenant has its database at that place',
    );
    const alias = { ...database, dbHost: database.dbHost === 'localhost' ? '127.0.0.1' : 'localhost' };
    await expect(examine(alias, 'lacks5')).rejects.toThrow(
      `The role ${database.dbUser} is kept for tenant lacks4: choose another --db-user.`,
    );
    // As another fleet would, which does not know the tenant.
    await fleet.tools.central.tenant.delete({ where: { tenantKey: 'lacks4' } });
    expect(await problemsOf(alias, 'lacks5')).toEqual([
      `The database ${database.dbName} is marked as that of tenant lacks4 (id ${id}): name another one with --db-name.`,
    ]);
    const { dbUser } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'other2' } });
    await fleet.tools.central.tenant.updateMany({
      where: { tenantKey: 'other2' },
      data: { dbUser: `${dbUser}-unknown` },
    });
    onTestFinished(async () => {
      await fleet.tools.central.tenant.updateMany({ where: { tenantKey: 'other2' }, data: { dbUser } });
    });
    expect(await problemsOf({ ...(await make()), dbUser }, 'lacks5')).toContainEqual(
      expect.stringMatching(/is a tenant's already .*: name another one\.$/),
    );
  });

  it('the central database’s role, and an address for requests at which nothing answers', async () => {
    const database = await make();
    const { username } = new URL(tools.centralDatabaseUrl);
    await expect(examine({ ...database, dbUser: username }, 'lacks7')).rejects.toThrow(
      `The role ${username} works in the central database: name another one.`,
    );
    const direct = { dbPort: 1, dbDirectHost: database.dbHost, dbDirectPort: database.dbPort };
    const pooled = { ...requestIn(database, 'lacks7'), ...direct };
    expect((await examineExistingDatabase(tools, pooled, null)).missing).toEqual([
      expect.objectContaining({
        problem: expect.stringMatching(/^At .*:1, where requests go, .* ECONNREFUSED/),
      }),
    ]);
  });

  it('a database that can’t hold every character', async () => {
    const database = await make();
    const place = quoted(database.dbName);
    await runAsSuperuser(`DROP DATABASE ${place}`);
    await runAsSuperuser(
      `CREATE DATABASE ${place} OWNER ${quoted(database.dbOwnerUser)} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
    );
    expect(await problemsOf(database, 'lacks6')).toEqual([expect.stringContaining('encoding LATIN1')]);
  });
});

describe('another role of the operator’s', () => {
  let database: OperatorsDatabase;
  beforeAll(async () => {
    database = await make();
    await provisionTenant(tools, requestIn(database, 'changes1'));
  });

  it('takes over while requests go on, of which none fails', async () => {
    const { accessToken: token } = await fleet.signIn('changes1');
    const user = `${database.dbUser}2`;
    await runAsSuperuser(
      `CREATE ROLE ${quoted(user)} LOGIN PASSWORD 'second-password' CREATEDB;
       GRANT CONNECT ON DATABASE ${quoted(database.dbName)} TO ${quoted(user)}`,
    );
    drops.push(() => runAsSuperuser(`DROP ROLE ${quoted(user)}`));
    const roles = { application: { user, password: 'second-password' } };
    await expect(moveTenant(tools, 'changes1', {}, false, roles)).rejects.toMatchObject({
      missing: [{ problem: `The role ${user} has rights that no application may have: CREATEDB.` }],
    });
    await runAsSuperuser(`ALTER ROLE ${quoted(user)} NOCREATEDB`);
    const load = startSteadyLoad(100, async () => {
      const { errors } = await fleet.graphql('{ users(first: 5) { edges { node { fullName } } } }', {
        token,
      });
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
    });
    try {
      expect(await moveTenant(tools, 'changes1', {}, false, roles)).toMatchObject({
        moved: true,
        retired: { application: database.dbUser, owner: null },
      });
      await fleet.graphql('{ me { username } }', { token });
    } finally {
      expect((await load.stop()).failures).toEqual({});
    }
    await runAsPsql(`DROP OWNED BY ${quoted(database.dbUser)};\nDROP ROLE ${quoted(database.dbUser)};`, {
      ...database.superuser,
      database: database.dbName,
    });
    await expect(fleet.signIn('changes1')).resolves.toHaveProperty('accessToken');
  });

  it('has to own what the former owner did, which a statement sees to', async () => {
    const user = `${database.dbOwnerUser}2`;
    await runAsSuperuser(`CREATE ROLE ${quoted(user)} LOGIN PASSWORD 'second-password'`);
    await runAsSuperuser(`GRANT CONNECT ON DATABASE ${quoted(database.dbName)} TO ${quoted(user)}`);
    drops.push(() => runAsSuperuser(`DROP ROLE ${quoted(user)}`));
    const roles = { owner: { user, password: 'second-password' } };
    const refused = await moveTenant(tools, 'changes1', {}, false, roles).catch((error: unknown) => error);
    if (!(refused instanceof DatabaseNotReadyError)) throw refused;
    await runAsPsql(findingsAsScript(refused.missing), database.superuser);
    expect(await moveTenant(tools, 'changes1', {}, false, roles)).toMatchObject({ moved: true });
    const [report] = await migrateFleet(tools, {
      engine: 'wasm',
      concurrency: 1,
      dryRun: false,
      tenantKeys: ['changes1'],
    });
    expect(report).toMatchObject({ status: 'up-to-date', error: null });
  });

  it('is not for a tenant whose roles this program has made', async () => {
    const roles = { application: { user: 'somebody', password: 'second-password' } };
    await expect(moveTenant(tools, 'other2', {}, false, roles)).rejects.toThrow(
      'rotate-tenant-credentials changes them',
    );
  });
});

describe('provision-tenant --existing-database', { timeout: 60_000 }, () => {
  const args = ({ dbHost, dbPort, dbName, dbUser, dbOwnerUser }: OperatorsDatabase, tenantKey: string) => [
    ...['--tenant-key', tenantKey, '--company-name', 'Company', '--existing-database', '--db-name', dbName],
    ...[
      '--db-host',
      dbHost,
      '--db-port',
      String(dbPort),
      '--db-user',
      dbUser,
      '--db-owner-user',
      dbOwnerUser,
    ],
  ];

  it('lists what is missing as statements, goes on once they were run, and asks no administrator', async () => {
    const database = name();
    const nobody = await makeAdministrator('');
    onTestFinished(() => nobody.drop());
    const { user, password, host, port, database: place } = nobody.datasource;
    const environment = {
      ...fleet.environment,
      TENANT_ADMIN_DATABASE_URL: `postgresql://${user}:${password}@${host}:${port}/${place}`,
      ADMIN_PASSWORD: testPassword,
    };
    const run = (more: readonly string[], passwords: Readonly<Record<string, string>>) =>
      runScript('scripts/provision-tenant.ts', [...args(database, 'listed1'), ...more], {
        ...environment,
        ...passwords,
      });
    const passwords = { DB_PASSWORD: database.dbPassword, DB_OWNER_PASSWORD: database.dbOwnerPassword };
    const [unasked, setUp, refused] = await Promise.all([
      run([], {}),
      run(['--dry-run'], {}),
      run([], passwords),
    ]);
    expect(unasked).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('DB_PASSWORD and DB_OWNER_PASSWORD'),
    });
    expect(setUp).toMatchObject({ exitCode: 0, stderr: '' });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^provision-tenant: One thing is missing at .* nothing was changed: .*\n$/,
    );
    expect(refused.stdout).toContain(setUp.stdout.trim());
    await runAsPsql(refused.stdout, operator.datasource, database.passwords);
    const done = await run([], passwords);
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(done.stdout).toContain('5/5 activate');
    expect(done.stdout).toContain('REVOKE CONNECT, TEMPORARY ON DATABASE');
    await expect(fleet.signIn('listed1')).resolves.toHaveProperty('accessToken');
  });
});
