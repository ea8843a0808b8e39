import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { createTenantConnections } from '../../src/db/connections/tenant-connections.ts';
import type { ConnectionLimits } from '../../src/db/pool-settings.ts';
import { openScriptClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import type { Tenant as TenantRow } from '../../src/generated/central/client.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { scriptTarget, tenantDatasource, tenantTarget } from '../../src/tenancy/tenant.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { describeWithPgBouncer } from '../support/describe-with-pgbouncer.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, provisionNamed } from '../support/named-tenants.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';

let fleet: TestFleet;
let server: pg.Client;

beforeAll(async () => {
  fleet = await createTestFleet();
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
  for (const tenantKey of ['plan1', 'other1']) {
    await fleet.provision(tenantKey).then(({ db }) => db.$disconnect());
  }
});
afterAll(async () => {
  await server.end();
  await fleet.close();
});

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const limits = (statementTimeoutSeconds: number, concurrency = 1): ConnectionLimits => ({
  concurrency,
  statementTimeoutSeconds,
});

/** Opens sessions as a server does, all at once. @returns what each has for `statement_timeout`. */
async function serve(row: TenantRow, wanted: ConnectionLimits): Promise<unknown[]> {
  const pool = createTenantConnections({
    budget: wanted.concurrency,
    timeoutSeconds: 30,
    limitsBelongTo: 'role',
    onConnectionError: () => {},
    onMismatch: () => {},
  }).createPool(await tenantTarget(row, fleet.tools.secrets), wanted);
  try {
    const sessions = await Promise.all(Array.from({ length: wanted.concurrency }, () => pool.connect()));
    const found = await Promise.all(
      sessions.map(
        async (session) => (await session.query('SHOW statement_timeout')).rows[0].statement_timeout,
      ),
    );
    for (const session of sessions) session.release();
    return found;
  } finally {
    await pool.end();
  }
}

/** The settings of a new session of the role, before anything is set in it. */
const givenTo = async (row: TenantRow) =>
  withConnection(
    { ...(await tenantDatasource(row, fleet.tools.secrets)), isPoolable: true, statement_timeout: false },
    async (client) => (await client.query('SHOW statement_timeout')).rows[0].statement_timeout,
  );

const settingsOf = async (role: string, database: string) =>
  (
    await server.query(
      `SELECT unnest(setconfig) AS setting FROM pg_db_role_setting
       JOIN pg_roles ON pg_roles.oid = setrole LEFT JOIN pg_database ON pg_database.oid = setdatabase
       WHERE rolname = $1 AND (setdatabase = 0 OR datname = $2)`,
      [role, database],
    )
  ).rows.map(({ setting }) => setting);

describe('the limits of a plan', () => {
  it('are those of the role from the start, so that no session is without them', async () => {
    expect(await givenTo(await rowOf('other1'))).toBe('15s');
  });

  it('reach every session, however many change them at once', async () => {
    const row = await rowOf('plan1');
    expect(await serve(row, limits(7, 10))).toEqual(Array.from({ length: 10 }, () => '7s'));
    expect(await givenTo(row)).toBe('7s');
    const [few, many] = await Promise.all([serve(row, limits(90, 5)), serve(row, limits(90, 5))]);
    expect([...few, ...many]).toEqual(Array.from({ length: 10 }, () => '90s'));
    expect(await givenTo(row)).toBe('90s');
    expect(await givenTo(await rowOf('other1'))).toBe('15s');
  });

  it('follow a change of the plan', async () => {
    const { graphql } = fleet.startApp({
      PLAN_LIMITS:
        '{"starter":{"concurrency":2,"statementTimeoutSeconds":11},"pro":{"concurrency":2,"statementTimeoutSeconds":33}}',
    });
    const tenant = await provisionNamed(fleet, 'plan2');
    await askForName(graphql, tenant);
    expect(await givenTo(await rowOf('plan2'))).toBe('11s');
    const { accessToken } = await fleet.signInManager();
    const { errors } = await graphql(
      'mutation { updateTenant(tenantKey: "plan2", input: { plan: PRO }) { plan } }',
      { token: accessToken },
    );
    expect(errors).toEqual([]);
    await askForName(graphql, tenant);
    expect(await givenTo(await rowOf('plan2'))).toBe('33s');
  });

  it('are also those of the role that a rotation brings, before it is used', async () => {
    const before = await rowOf('other1');
    await rotateCredentials(
      fleet.tools,
      'other1',
      { purpose: 'application', graceSeconds: 0, drainSeconds: 10 },
      async (step) => {
        if (step === 'verify')
          expect(await settingsOf(`${before.dbUser}-b`, before.dbName)).toContain('statement_timeout=15s');
      },
    );
    expect(await givenTo(await rowOf('other1'))).toBe('15s');
  });

  it('are neither the owner’s, nor those of scripts', async () => {
    const row = await rowOf('plan1');
    const owner = await ownerDatasource(row, fleet.tools.secrets);
    expect(await settingsOf(owner?.user ?? '', row.dbName)).toEqual([]);
    const db = await openScriptClient(await scriptTarget(row, fleet.tools.secrets));
    expect(await db.$queryRaw`SHOW statement_timeout`).toEqual([{ statement_timeout: '1min' }]);
    await db.$disconnect();
    const central = parseDatasourceUrl(fleet.configuration.centralDatabaseUrl);
    const [{ owner: centralOwner }] = (
      await server.query('SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1', [
        central.database,
      ])
    ).rows;
    expect(centralOwner).not.toBe(central.user);
    expect(await settingsOf(centralOwner, central.database)).toEqual([]);
    expect(await settingsOf(central.user, central.database)).toContain('statement_timeout=15s');
  });
});

describeWithPgBouncer('the sessions that a pooler has opened before', (program) => {
  it('are brought to new limits as they are met', async () => {
    const pooler = await startPgBouncer(program, parseDatasourceUrl(inject('postgresUrl')), {
      default_pool_size: 1,
    });
    try {
      const row = { ...(await rowOf('plan1')), dbHost: pooler.host, dbPort: pooler.port };
      expect(await serve(row, limits(21))).toEqual(['21s']);
      // The role has these by now, the pooler's session hasn't.
      expect(await serve(await rowOf('plan1'), limits(22))).toEqual(['22s']);
      expect(await givenTo(row)).toBe('21s');
      expect(await serve(row, limits(22))).toEqual(['22s']);
      expect(await givenTo(row)).toBe('22s');
    } finally {
      await pooler.stop();
    }
  });
});
