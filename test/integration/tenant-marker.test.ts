import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openScriptClient } from '../../src/db/tenant-client.ts';
import { markDatabase } from '../../src/db/tenant-marker.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { scriptTarget } from '../../src/tenancy/tenant.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import {
  createLoadTenants,
  type LoadTenant,
  type LoadTenants,
  readOwnName,
} from '../support/load-tenants.ts';
import { readMetrics } from '../support/metrics.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;
let a: LoadTenant;
let b: LoadTenant;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'mark', 2);
  [a, b] = [loadTenants.at(0), loadTenants.at(1)];
});
afterAll(async () => {
  await fleet.app.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
});

const rowOf = ({ tenantKey }: LoadTenant) =>
  fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

async function ownerOf(loadTenant: LoadTenant) {
  const owner = await ownerDatasource(await rowOf(loadTenant), fleet.tools.secrets);
  if (!owner) throw new Error('The tenant has no owner.');
  return owner;
}

async function pointTo({ tenantKey }: LoadTenant, dbName: string): Promise<void> {
  await fleet.tools.central.tenant.update({ where: { tenantKey }, data: { dbName } });
  await fleet.tools.invalidate(tenantKey);
}

/** Gives each tenant the other's database, in the registry alone. */
async function swap(): Promise<void> {
  const [{ dbName: ofA }, { dbName: ofB }] = [await rowOf(a), await rowOf(b)];
  await pointTo(a, 'nowhere');
  await pointTo(b, ofA);
  await pointTo(a, ofB);
}

/** Statements in the database that a tenant’s row currently names, with every right. */
async function runIn(loadTenant: LoadTenant, statement: string): Promise<void> {
  const { dbName } = await rowOf(loadTenant);
  await withConnection({ ...fleet.tools.tenantAdminDatasource, database: dbName }, (session) =>
    session.query(statement),
  );
}

async function mismatches(): Promise<number> {
  const [, count] = /^tenant_mismatches_total (\d+)$/m.exec(await readMetrics(fleet.app)) ?? [];
  return Number(count);
}

const alarms = () => fleet.log.filter((line) => line.includes('"alarm":"TENANT_MISMATCH"'));

function expectMismatch({ data, errors, headers }: ClientAnswer): void {
  expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'TENANT_MISMATCH', retryable: false }]);
  expect(JSON.stringify(data ?? null)).not.toContain('Boss');
  expect(headers.get('retry-after')).toBeNull();
  const text = JSON.stringify(errors);
  for (const secret of [a.dbName, b.dbName, a.tenantKey, b.tenantKey, '127.0.0.1', 'postgres']) {
    expect(text).not.toContain(secret);
  }
}

async function expectServed(loadTenant: LoadTenant): Promise<void> {
  const { data, codes } = await readOwnName(fleet.graphql, loadTenant);
  expect({ data, codes }).toEqual({
    data: { me: { fullName: `Boss of ${loadTenant.tenantKey}` } },
    codes: [],
  });
}

describe('two tenants whose databases are swapped in the registry', () => {
  afterEach(swap);

  it('are served neither the other’s rows nor their own, and it is logged as an alarm and counted', async () => {
    await expectServed(a);
    await expectServed(b);
    const [logged, counted] = [alarms().length, await mismatches()];
    await swap();
    expectMismatch(await readOwnName(fleet.graphql, a));
    expectMismatch(await readOwnName(fleet.graphql, b));
    expect(await mismatches()).toBe(counted + 2);
    const [first = ''] = alarms().slice(logged);
    expect(JSON.parse(first)).toMatchObject({
      level: 'error',
      expected: { id: (await rowOf(a)).id, tenantKey: a.tenantKey },
      found: { id: (await rowOf(b)).id, tenantKey: b.tenantKey },
    });
    expect(alarms()).toHaveLength(logged + 2);
  });

  it('are not signed in to', async () => {
    await swap();
    const answer = await fleet.graphql(
      'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }',
      { variables: { input: { tenantKey: a.tenantKey, username: 'admin', password: 'Password123!' } } },
    );
    expectMismatch(answer);
  });

  it('are neither migrated nor opened by a script', async () => {
    await swap();
    const options = { engine: 'wasm', concurrency: 1, dryRun: false } as const;
    const reports = await migrateFleet(fleet.tools, { ...options, tenantKeys: [a.tenantKey, b.tenantKey] });
    expect(reports.map(({ status, error }) => ({ status, error }))).toEqual([
      { status: 'failed', error: expect.stringContaining(`is marked as that of tenant ${b.tenantKey}`) },
      { status: 'failed', error: expect.stringContaining(`is marked as that of tenant ${a.tenantKey}`) },
    ]);
    await expect(openScriptClient(await scriptTarget(await rowOf(a), fleet.tools.secrets))).rejects.toThrow();
    await expect(markDatabase(await ownerOf(a), await rowOf(a))).rejects.toThrow(/is marked as that of/);
  });
});

describe('a tenant whose database', () => {
  afterEach(async () => {
    const { id, tenantKey } = await rowOf(a);
    await runIn(
      a,
      `INSERT INTO sys.tenant_marker (tenant_id, tenant_key) VALUES (${id}, '${tenantKey}')
       ON CONFLICT (single) DO UPDATE SET tenant_id = ${id}, tenant_key = '${tenantKey}'`,
    );
  });

  /** Only new connections are looked at. */
  const cut = () => server.endConnections(a.dbName);

  it.each([
    ['has lost its marker', 'DELETE FROM sys.tenant_marker'],
    ['has another tenant’s id', 'UPDATE sys.tenant_marker SET tenant_id = tenant_id + 1000'],
    ['has another tenant’s key', "UPDATE sys.tenant_marker SET tenant_key = 'other01'"],
  ])('%s is not served', async (_case, statement) => {
    await runIn(a, statement);
    await cut();
    const { graphql } = fleet.startApp();
    expectMismatch(await readOwnName(graphql, a));
  });

  it('has no table of markers, or one that the application may not read, is not served', async () => {
    const { dbUser } = await rowOf(a);
    await runIn(a, `REVOKE SELECT ON sys.tenant_marker FROM "${dbUser}"`);
    expectMismatch(await readOwnName(fleet.startApp().graphql, a));
    await runIn(a, `GRANT SELECT ON sys.tenant_marker TO "${dbUser}"`);
    await runIn(a, 'ALTER TABLE sys.tenant_marker RENAME TO hidden');
    expectMismatch(await readOwnName(fleet.startApp().graphql, a));
    await runIn(a, 'ALTER TABLE sys.hidden RENAME TO tenant_marker');
    await expectServed(a);
  });

  it('is older than markers gets its own when it is migrated, and is served then', async () => {
    await runIn(a, 'DELETE FROM sys.tenant_marker');
    const options = { engine: 'wasm', concurrency: 1, tenantKeys: [a.tenantKey], dryRun: false } as const;
    const statuses = async () => (await migrateFleet(fleet.tools, options)).map(({ status }) => status);
    expect(await statuses()).toEqual(['migrated']);
    expect(await statuses()).toEqual(['up-to-date']);
    expect((await readOwnName(fleet.startApp().graphql, a)).codes).toEqual([]);
  });
});

describe('the marker', () => {
  it('can be read by the application’s role, and not written', async () => {
    const { db } = await fleet.provision('mark_own1');
    expect(await db.tenantMarker.findMany()).toMatchObject([{ tenantKey: 'mark_own1' }]);
    for (const statement of [
      "INSERT INTO sys.tenant_marker (single, tenant_id, tenant_key) VALUES (true, 1, 'x')",
      "UPDATE sys.tenant_marker SET tenant_key = 'x'",
      'DELETE FROM sys.tenant_marker',
    ]) {
      await expect(db.$executeRawUnsafe(statement)).rejects.toThrow(/permission denied/);
    }
  });

  it('is one row at most', async () => {
    await expect(
      runIn(a, "INSERT INTO sys.tenant_marker (single, tenant_id, tenant_key) VALUES (false, 1, 'x')"),
    ).rejects.toThrow(/tenant_marker_single_check/);
  });

  it('is written once by two at the same time', async () => {
    const row = await rowOf(a);
    const owner = await ownerOf(a);
    const expectWaiting = async (observer: pg.Client) => {
      const { rowCount } = await observer.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rowCount).toBe(1);
    };
    await runIn(a, 'DELETE FROM sys.tenant_marker');
    const wroteIt = await withConnection(owner, async (first) => {
      await first.query('BEGIN');
      await first.query('INSERT INTO sys.tenant_marker (tenant_id, tenant_key) VALUES ($1, $2)', [
        row.id,
        row.tenantKey,
      ]);
      const second = markDatabase(owner, row);
      // Statistics stay as they were first read until the transaction ends.
      await withConnection(owner, (observer) =>
        vi.waitFor(() => expectWaiting(observer), { timeout: 5_000 }),
      );
      await first.query('COMMIT');
      return second;
    });
    expect(wroteIt).toBe(false);
  });

  it('is written by a provisioning that was cut off before it, and never over another tenant’s', async () => {
    await fleet.provision('mark_cut1');
    const unfinish = { status: 'failed', isActive: false } as const;
    const again = () =>
      provisionTenant(fleet.tools, { tenantKey: 'mark_cut1', companyName: 'Company mark_cut1' });
    const cutOff = { ...a, tenantKey: 'mark_cut1' };
    await runIn(cutOff, 'DELETE FROM sys.tenant_marker');
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'mark_cut1' }, data: unfinish });
    expect((await again()).outcome).toBe('provisioned');
    await runIn(cutOff, "UPDATE sys.tenant_marker SET tenant_key = 'other01'");
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'mark_cut1' }, data: unfinish });
    await expect(again()).rejects.toThrow(/Step grant failed: .* is marked as that of tenant other01/);
  });

  it('costs one statement for each new connection, and none for a request', async () => {
    const { graphql, app } = fleet.startApp();
    const reading = (statements: readonly string[]) =>
      statements.filter((statement) => statement.includes('tenant_marker')).length;
    const cold = await recordStatements(() =>
      Promise.all(Array.from({ length: 20 }, () => readOwnName(graphql, a))),
    );
    expect(reading(cold)).toBeGreaterThan(0);
    expect(reading(cold)).toBe(app.connectionStatistics().open);
    const warm = await recordStatements(async () => {
      for (let turn = 0; turn < 10; turn++) await readOwnName(graphql, a);
    });
    expect(warm.length).toBeGreaterThan(0);
    expect(reading(warm)).toBe(0);
  });
});
