import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withExclusiveLock } from '../../src/db/advisory-lock.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { adoptTenantDatabase } from '../../src/tenancy/restore/adopt-tenant-database.ts';
import { repairTenantDatabase } from '../../src/tenancy/restore/repair-tenant-database.ts';
import { makeAdministrator, type TestAdministrator } from '../support/administrators.ts';
import { runAsSuperuser } from '../support/central-database.ts';
import { describeWithPgBouncer } from '../support/describe-with-pgbouncer.ts';
import { makeOperatorsDatabase, requestIn } from '../support/existing-database.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';

const { escapeIdentifier } = pg;
const superuser = parseDatasourceUrl(inject('postgresUrl'));
const dryRun = { dryRun: true, trust: false, endSessions: false };

let fleet: TestFleet;
let administrator: TestAdministrator;
/** A fleet whose administrator may create roles and is no superuser. */
let humble: TestFleet;

beforeAll(async () => {
  administrator = await makeAdministrator();
  [fleet, humble] = await Promise.all([
    createTestFleet(),
    createTestFleet({ TENANT_ADMIN_DATABASE_URL: datasourceUrl(administrator.datasource) }),
  ]);
});
afterAll(async () => {
  await Promise.all([fleet?.close(), humble?.close()]);
  await administrator?.drop();
});

const rowOf = ({ tools }: TestFleet, tenantKey: string) =>
  tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
const restoreTools = ({ tools }: TestFleet) => ({ ...tools, invalidateSessions: async () => {} });

/** Functions named like PostgreSQL's own, which a search path of the database puts before them. */
const trap = (dbName: string, action: string) => `
  CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC;
  CREATE FUNCTION trap.pg_backend_pid() RETURNS int LANGUAGE plpgsql AS $$
  BEGIN
    BEGIN ${action} EXCEPTION WHEN OTHERS THEN NULL; END;
    RETURN pg_catalog.pg_backend_pid();
  END $$;
  GRANT EXECUTE ON FUNCTION trap.pg_backend_pid() TO PUBLIC;
  ALTER DATABASE ${escapeIdentifier(dbName)} SET search_path = trap, pg_catalog`;

describe('an administrator who enters a tenant’s database runs none of its code', () => {
  it('in a repair, so that its owner gets no other tenant’s rights', async () => {
    await humble.provision('victim1');
    const evil = await humble.provision('evil1');
    const [victimRow, evilRow] = [await rowOf(humble, 'victim1'), await rowOf(humble, 'evil1')];
    const [coveted, owner] = [victimRow, evilRow].map((row) => escapeIdentifier(row.dbOwnerUser ?? ''));
    await evil.runAsOwner(trap(evilRow.dbName, `EXECUTE 'GRANT ${coveted} TO ${owner}';`));
    await repairTenantDatabase(restoreTools(humble), 'evil1', {}, dryRun).catch(() => undefined);
    const { rows } = await withConnection(superuser, (client) =>
      client.query('SELECT FROM pg_auth_members WHERE member = $1::text::regrole', [owner]),
    );
    expect(rows).toEqual([]);
  });

  it('in a fleet migration, so that its owner becomes no superuser', async () => {
    const evil = await fleet.provision('evil2');
    const { dbName, dbOwnerUser } = await rowOf(fleet, 'evil2');
    await evil.runAsOwner(trap(dbName, `ALTER ROLE ${escapeIdentifier(dbOwnerUser ?? '')} SUPERUSER;`));
    await migrateFleet(fleet.tools, {
      tenantKeys: ['evil2'],
      concurrency: 1,
      dryRun: false,
      engine: 'wasm',
      skipSuspended: false,
    });
    const { rows } = await withConnection(superuser, (client) =>
      client.query('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [dbOwnerUser]),
    );
    expect(rows).toEqual([{ rolsuper: false }]);
  });
});

it('a database that may be another tenant’s, whose address does not answer, is not adopted', async () => {
  for (const tenantKey of ['away1', 'taker1']) await (await fleet.provision(tenantKey)).db.$disconnect();
  const { dbHost, dbPort, dbName } = await rowOf(fleet, 'away1');
  const { central } = fleet.tools;
  await central.tenant.update({ where: { tenantKey: 'away1' }, data: { dbHost: 'db-primary.invalid' } });
  await expect(
    adoptTenantDatabase(restoreTools(fleet), 'taker1', { markedAs: 'away1' }, { dbHost, dbPort, dbName }),
  ).rejects.toThrow(/Tenant away1 is served from a database of the same name, which can't be asked/);
  await central.tenant.update({ where: { tenantKey: 'away1' }, data: { dbHost } });
});

it('a command that is printed to be copied holds none of a database’s own words as commands', async () => {
  const evil = await fleet.provision('words1');
  await evil.runAsOwner(`UPDATE sys.tenant_marker SET tenant_key = 'x; reboot #'`);
  await expect(repairTenantDatabase(restoreTools(fleet), 'words1', {}, dryRun)).rejects.toThrow(
    "--marked-as 'x; reboot #'",
  );
});

it('two tenants that are provisioned at once do not get the same roles of an operator', async () => {
  const one = await makeOperatorsDatabase();
  const dbName = `${one.dbName} 2`;
  const database = escapeIdentifier(dbName);
  await runAsSuperuser(
    `CREATE DATABASE ${database} OWNER ${escapeIdentifier(one.dbOwnerUser)} TEMPLATE template0 ENCODING 'UTF8'`,
  );
  await runAsSuperuser(`GRANT CONNECT ON DATABASE ${database} TO ${escapeIdentifier(one.dbUser)}`);
  const outcomes = await Promise.allSettled([
    provisionTenant(fleet.tools, requestIn(one, 'race1')),
    provisionTenant(fleet.tools, requestIn({ ...one, dbName }, 'race2')),
  ]);
  await fleet.tools.central.tenant.deleteMany({ where: { tenantKey: { in: ['race1', 'race2'] } } });
  await runAsSuperuser(`DROP DATABASE ${database} WITH (FORCE)`);
  await one.drop();
  expect(
    outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])),
  ).toEqual([expect.stringMatching(/The role .* is kept for tenant race[12]/)]);
});

it.skipIf(inject('postgresVersion') < 17)(
  'a lock of the central database is kept for as long as the work takes, whatever transaction_timeout is',
  async () => {
    const { user } = parseDatasourceUrl(fleet.tools.centralDatabaseUrl);
    await runAsSuperuser(`ALTER ROLE ${escapeIdentifier(user)} SET transaction_timeout = '100ms'`);
    const again = () => withExclusiveLock(fleet.tools.centralDatabaseUrl, 'kept', async () => 'taken twice');
    const done = await withExclusiveLock(fleet.tools.centralDatabaseUrl, 'kept', async () => {
      // Nothing tells when a server would have ended the transaction.
      await delay(400);
      return again();
    });
    await runAsSuperuser(`ALTER ROLE ${escapeIdentifier(user)} RESET transaction_timeout`);
    expect(done).toEqual({ result: null });
  },
);

describeWithPgBouncer('a pooler that gives its sessions out in turn', (program) => {
  it('is refused every time, for what needs a session of its own', async () => {
    const pooler = await startPgBouncer(program, superuser, { server_round_robin: 1, default_pool_size: 4 });
    const refusals: string[] = [];
    for (let turn = 0; turn < 4; turn++) {
      refusals.push(
        await withConnection(
          { ...superuser, host: pooler.host, port: pooler.port },
          async () => 'accepted',
        ).catch(({ name }: Error) => name),
      );
    }
    await pooler.stop();
    expect(new Set(refusals)).toEqual(new Set(['SharedSessionError']));
  });
});
