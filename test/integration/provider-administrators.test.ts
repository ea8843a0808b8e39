import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import {
  type ProvisioningTools,
  provisionTenant,
  removeUnfinishedTenant,
} from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { type ProviderAdministrator, providerAdministrators } from '../support/provider-administrators.ts';
import { refuseStatements } from '../support/refused-statements.ts';
import { makeSingleRoleTenant } from '../support/single-role-tenant.ts';

const version = inject('postgresVersion');

/** PostgreSQL's error for a missing privilege. */
const refusal = { code: '42501' };

const password = 'a-password-for-tests';
const largeObjects =
  "Tenants' roles may make large objects in their databases: only a superuser can take that away.";
const openSchema = expect.stringMatching(
  /schema public of their databases: only a superuser can take that away/,
);

let server: OwnPostgres;
let superuser: Datasource;
let fleet: TestFleet;

beforeAll(async () => {
  [server, fleet] = await Promise.all([startOwnPostgres(), createTestFleet()]);
  superuser = parseDatasourceUrl(server.superuserUrl);
  // A new database must have nothing of what somebody has left here.
  await query({ ...superuser, database: 'template1' }, 'CREATE TABLE public.left_by_somebody (id int)');
  await query(superuser, `CREATE ROLE agent LOGIN PASSWORD '${password}'`);
});
afterAll(async () => {
  await fleet.tools.central.tenant.deleteMany();
  await Promise.all([fleet.close(), server.remove()]);
});

const query = (datasource: Datasource, statement: string) =>
  withConnection(datasource, async (client) => (await client.query(statement)).rows);

const as = (user: string, database = 'postgres'): Datasource => ({ ...superuser, user, password, database });

const toolsOf = (user: string): ProvisioningTools => ({ ...fleet.tools, tenantAdminDatasource: as(user) });

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const provision = (tools: ProvisioningTools, tenantKey: string, onStep?: (step: string) => void) =>
  provisionTenant(tools, { tenantKey, companyName: 'Company', adminPassword: testPassword }, onStep);

const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 0 } as const;

async function migrate(tools: ProvisioningTools, ...tenantKeys: string[]) {
  const remarks: string[] = [];
  const options = { engine: 'wasm', concurrency: 2, dryRun: false, tenantKeys } as const;
  const reports = await migrateFleet(
    tools,
    options,
    () => {},
    (report) => void remarks.push(...report.remarks),
  );
  return { reports, remarks };
}

/** A session that stays until it is ended; resolves when it is open. */
async function openSession(datasource: Datasource) {
  const client = new pg.Client({ ...datasource });
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.on('error', () => {});
  await client.connect();
  return { ended };
}

/** Refuses statements as Neon's control plane does. */
const refuseVerifiers = () =>
  refuseStatements((statement) =>
    statement.includes('SCRAM-SHA-256$')
      ? {
          message:
            'Received HTTP code 400 from control plane: {"error":"Neon only supports being given plaintext passwords"}',
        }
      : null,
  );

async function expectNoRights(user: string, tenantKey: string): Promise<void> {
  const { dbName, dbOwnerUser } = await rowOf(tenantKey);
  await expect(query(as(user, dbName), 'SELECT 1')).rejects.toMatchObject(refusal);
  await expect(query(as(user), `SET ROLE ${pg.escapeIdentifier(String(dbOwnerUser))}`)).rejects.toMatchObject(
    refusal,
  );
}

describe.each(providerAdministrators)(
  'an administrator as $name has it',
  (provider: ProviderAdministrator) => {
    const key = provider.name.replaceAll(/\W/g, '').toLowerCase();
    const user = `administrator_${key}`;

    beforeAll(async () => {
      for (const statement of provider.statements(user, password)) await query(superuser, statement);
    });

    it('makes a tenant, rotates its passwords, and keeps no rights', async () => {
      const { refused } = provider.plainPasswords ? refuseVerifiers() : { refused: [] };
      const tools = toolsOf(user);
      await provision(tools, key);
      await expectNoRights(user, key);
      const application = await tenantDatasource(await rowOf(key), tools.secrets);
      expect(await query(application, "SELECT FROM pg_class WHERE relname = 'left_by_somebody'")).toEqual([]);
      await expect(fleet.signIn(key)).resolves.toHaveProperty('accessToken');

      const { ended } = await openSession(application);
      const outcome = await rotateCredentials(tools, key, rotation);
      expect(outcome.old).toEqual({ canSignIn: false, sessions: 0 });
      expect(outcome.terminated).toBeGreaterThan(0);
      await ended;
      if (provider.signals) await rotateCredentials(tools, key, { ...rotation, purpose: 'owner' });
      await expectNoRights(user, key);
      expect(refused.length > 0).toBe(provider.plainPasswords);
    });

    it('gives a tenant an owner of its own, and lists what it can’t withdraw', async () => {
      const tools = toolsOf(user);
      const older = `${key}2`;
      await makeSingleRoleTenant(tools, older, { dbName: `tenant_${older}`, dbUser: `tenant_${older}` });
      const { reports, remarks } = await migrate(tools, key, older);
      expect(reports).toMatchObject([
        { status: 'up-to-date', error: null },
        { status: 'migrated', error: null, ownerSeparated: true },
      ]);
      expect(remarks).toEqual([
        ...(provider.closesDatabases ? [expect.stringContaining('may connect to template1: ')] : []),
        ...(provider.closesDatabases
          ? []
          : [expect.stringContaining('may connect to postgres, template1: ')]),
        largeObjects,
        ...(version < 15 ? [openSchema] : []),
      ]);
      await expectNoRights(user, older);
    });

    it('removes an unfinished tenant, also while somebody else is connected whom it may disconnect', async () => {
      const tools = toolsOf(user);
      const unfinished = `${key}3`;
      await provision(tools, unfinished, (step) => {
        if (step === 'grant') throw new Error('cut off');
      }).catch(() => {});
      const { dbName, dbUser } = await rowOf(unfinished);
      if (provider.signals) {
        await query(superuser, `GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(dbName)} TO agent`);
        await openSession(as('agent', dbName));
      }
      expect(await removeUnfinishedTenant(tools, unfinished)).toBe(true);
      expect(
        await query(
          superuser,
          `SELECT datname AS name FROM pg_database WHERE datname = ${pg.escapeLiteral(dbName)}
         UNION SELECT rolname FROM pg_roles WHERE starts_with(rolname, ${pg.escapeLiteral(dbUser)})`,
        ),
      ).toEqual([]);
    });
  },
);

describe('an administrator who lacks a right', () => {
  const attributes = {
    successor: 'CREATEDB CREATEROLE',
    beginner: 'CREATEDB',
    separate: 'NOINHERIT CREATEDB CREATEROLE',
  };

  beforeAll(async () => {
    for (const [user, words] of Object.entries(attributes)) {
      await query(superuser, `CREATE ROLE ${user} LOGIN PASSWORD '${password}' ${words}`);
    }
    const grant = `GRANT CONNECT ON DATABASE postgres TO ${Object.keys(attributes).join(', ')}`;
    await query(superuser, grant);
  });

  // Before, CREATEROLE was the right to change every role.
  describe.runIf(version >= 16)('to change roles that another one has made', () => {
    it('is told by a rotation what to run, and can then rotate', async () => {
      const tools = toolsOf('successor');
      const { reports, remarks } = await migrate(tools, 'azure');
      expect(reports).toMatchObject([{ status: 'up-to-date', error: null }]);
      expect(remarks).toContainEqual(
        expect.stringMatching(/^The administrator successor may not change tenants' roles .+ can't rotate/),
      );
      const refused = await rotateCredentials(tools, 'azure', rotation).catch(
        (error: Error) => error.message,
      );
      const [, statement = ''] = /has to run (GRANT .+)\.$/.exec(String(refused)) ?? [];
      expect(statement).toMatch(
        /^GRANT "tenant_azure", .+ TO "successor" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE$/,
      );
      await query(as('administrator_azure'), statement);
      await expect(rotateCredentials(tools, 'azure', rotation)).resolves.toHaveProperty('to', 'tenant_azure');
      await expectNoRights('successor', 'azure');
      expect((await migrate(tools, 'azure')).remarks.join()).not.toContain('may not change');
    });
  });

  it('to make roles is told which variable names one who may', async () => {
    await expect(provision(toolsOf('beginner'), 'beginner1')).rejects.toThrow(
      'Step create-role failed: The role beginner may not create roles and databases: name one with CREATEDB and CREATEROLE in TENANT_ADMIN_DATABASE_URL.',
    );
  });

  it('to inherit rights makes tenants since PostgreSQL 16, and is told before what to run', async () => {
    const made = provision(toolsOf('separate'), 'separate1');
    if (version >= 16) await expect(made).resolves.toHaveProperty('outcome', 'provisioned');
    else await expect(made).rejects.toThrow('run ALTER ROLE "separate" INHERIT.');
  });

  it('to end the sessions that keep a database from being dropped is told to get it', async () => {
    const tools = toolsOf('administrator_supabase');
    await provision(tools, 'inuse1', (step) => {
      if (step === 'create-database') throw new Error('cut off');
    }).catch(() => {});
    // PostgreSQL waits for 5 seconds before it says so.
    const { letThrough } = refuseStatements((statement) =>
      statement.startsWith('DROP DATABASE')
        ? { message: 'database "tenant_inuse1" is being accessed by other users', code: '55006' }
        : null,
    );
    await expect(removeUnfinishedTenant(tools, 'inuse1')).rejects.toThrow(
      'is being accessed by other users. End their sessions, or grant the administrator pg_signal_backend, and run this again.',
    );
    letThrough();
    expect(await removeUnfinishedTenant(tools, 'inuse1')).toBe(true);
  });

  it('to any locale of UTF-8 on its server makes a database with the locale C', async () => {
    const { refused } = refuseStatements((statement, refusedBefore) =>
      refusedBefore === 0 && statement.startsWith('CREATE DATABASE')
        ? { message: 'encoding "UTF8" does not match locale "en_US"', code: '22023' }
        : null,
    );
    const { tenant } = await provision(toolsOf('administrator_azure'), 'latin1');
    expect(refused).toHaveLength(1);
    expect(
      await query(
        superuser,
        `SELECT datcollate, datctype FROM pg_database WHERE datname = '${tenant.dbName}'`,
      ),
    ).toEqual([{ datcollate: 'C', datctype: 'C' }]);
  });
});
