import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { storePassword } from '../../src/auth/sessions/password-changes.ts';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { tenantIdentity } from '../../src/db/identity-database.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { repairTimestamps } from '../../src/tenancy/timestamps/repair-timestamps.ts';
import {
  centralTables,
  tenantTables,
  type WrittenTable,
} from '../../src/tenancy/timestamps/written-columns.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await createTestFleet();
});
afterAll(() => fleet.close());

const operator = 'tester';

async function ownerOf(tenantKey: string): Promise<Datasource> {
  const row = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const owner = await ownerDatasource(row, fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  return owner;
}

const query = (owner: Datasource, statement: string) =>
  withConnection(owner, async (client) => (await client.query(statement)).rows);

/** Every row of every table, as JSON by PostgreSQL. */
async function snapshot(owner: Datasource, tables: readonly WrittenTable[]): Promise<unknown[]> {
  const rows = await Promise.all(
    tables.map(({ name }) =>
      query(
        owner,
        `SELECT to_jsonb(t) AS row FROM ${name} AS t WHERE to_jsonb(t) ->> 'action' IS DISTINCT FROM 'timestamps.repair' ORDER BY to_jsonb(t) ->> 'id'`,
      ),
    ),
  );
  return rows.flat();
}

/** The moment that PostgreSQL reads from a UTC text without an offset, in a session of another zone. */
const misread = (column: string, zone: string) => `((${column} AT TIME ZONE 'UTC') AT TIME ZONE '${zone}')`;

/** Turns a database into what an older version would have written in that zone. */
async function spoil(owner: Datasource, tables: readonly WrittenTable[], zone: string): Promise<void> {
  for (const { name, created, changes, expiry, updatedBySql } of tables) {
    const columns = [...(created ? ['created_at'] : []), ...changes, ...(expiry ? [expiry.column] : [])];
    const assignments = columns.map((column) =>
      column === 'updated_at' && updatedBySql !== undefined
        ? `updated_at = CASE WHEN updated_at - created_at > interval '1 second' THEN updated_at ELSE ${misread(column, zone)} END`
        : `${column} = ${misread(column, zone)}`,
    );
    const log = name.endsWith('audit_log');
    await query(
      owner,
      [
        ...(log ? [`ALTER TABLE ${name} DISABLE TRIGGER ALL`] : []),
        `UPDATE ${name} SET ${assignments.join(', ')}`,
        ...(log ? [`ALTER TABLE ${name} ENABLE TRIGGER ALL`] : []),
      ].join(';'),
    );
  }
}

/** Provisions a tenant with some history, written both by SQL and by the program. */
async function lived(tenantKey: string): Promise<TestTenant> {
  const tenant = await fleet.provision(tenantKey);
  const { db } = tenant;
  await fleet.signIn(tenantKey);
  await db.department.create({ data: { code: 'GONE', name: 'Gone', deletedAt: new Date() } });
  await db.auditRecord.create({ data: { action: 'department.create', entityType: 'Department' } });
  const user = await db.user.create({
    omit: { passwordHash: false },
    data: {
      username: 'temporary',
      email: 'temporary@example.com',
      passwordHash: 'old',
      fullName: 'Temporary',
      // An account that is no longer new.
      createdAt: new Date(Date.now() - 60_000),
    },
  });
  await storePassword(tenantIdentity(db), user, {
    passwordHash: 'new',
    oneTimeUntil: new Date(Date.now() + 72 * 3_600_000),
  });
  return tenant;
}

describe.each(['Asia/Seoul', 'Asia/Kathmandu', 'America/Caracas'])(
  'moments that were read as times in %s',
  (zone) => {
    test('are told, and mended to the millisecond, and only they', async () => {
      const tenantKey = zone.toLowerCase().replace('/', '_');
      await lived(tenantKey);
      const owner = await ownerOf(tenantKey);
      const before = await snapshot(owner, tenantTables);
      await spoil(owner, tenantTables, zone);
      const spoilt = await snapshot(owner, tenantTables);
      expect(spoilt).not.toEqual(before);

      const told = await repairTimestamps(owner, tenantTables, { operator, apply: false });
      expect(told).toMatchObject({ outcome: 'wrong', rows: 0 });
      expect(await snapshot(owner, tenantTables)).toEqual(spoilt);

      const mended = await repairTimestamps(owner, tenantTables, { operator, apply: true });
      expect(mended).toMatchObject({ outcome: 'mended', zone: told.zone, witnesses: told.witnesses });
      expect(await snapshot(owner, tenantTables)).toEqual(before);

      const again = await repairTimestamps(owner, tenantTables, { operator, apply: true });
      expect(again).toMatchObject({ outcome: 'right', rows: 0 });
      expect(await snapshot(owner, tenantTables)).toEqual(before);
      expect(
        await query(owner, `SELECT changes FROM sys.audit_log WHERE action = 'timestamps.repair'`),
      ).toEqual([{ changes: expect.objectContaining({ operator: { before: null, after: operator } }) }]);
      await expect(query(owner, 'DELETE FROM sys.audit_log')).rejects.toThrow('never changed or removed');
    });
  },
);

test('what the new version has written meanwhile stays as it is', async () => {
  const { db } = await lived('meanwhile1');
  const owner = await ownerOf('meanwhile1');
  const before = await snapshot(owner, tenantTables);
  await spoil(owner, tenantTables, 'Asia/Seoul');
  const late = await db.department.create({ data: { code: 'LATE', name: 'Late' } });
  expect(await repairTimestamps(owner, tenantTables, { operator, apply: true })).toMatchObject({
    outcome: 'mended',
  });
  expect(await db.department.findUniqueOrThrow({ where: { id: late.id } })).toEqual(late);
  const after = await snapshot(owner, tenantTables);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after).toHaveLength(before.length + 1);
});

test('what may be right or wrong is left, with all the rest', async () => {
  const { db } = await lived('ambiguous1');
  const owner = await ownerOf('ambiguous1');
  await spoil(owner, tenantTables, 'America/Caracas');
  await db.department.create({ data: { code: 'LATE', name: 'Late' } });
  // It is right; but read as the older version's, it would have been written four hours earlier.
  await db.department.updateMany({ where: { code: 'GONE' }, data: { name: 'Gone for good' } });
  const before = await snapshot(owner, tenantTables);
  // Sessions are mended before the refusal then, and must not stay so.
  const sessionsFirst = tenantTables.toReversed();
  expect(await repairTimestamps(owner, sessionsFirst, { operator, apply: true })).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('may be right or wrong'),
  });
  expect(await snapshot(owner, tenantTables)).toEqual(before);
});

test('a zone that has summers has to be named, and explains all then', async () => {
  await lived('summers1');
  const owner = await ownerOf('summers1');
  const july = Date.UTC(2026, 6, 1, 12);
  const id = july
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2-7000-8000-000000000000');
  await query(
    owner,
    `INSERT INTO sys.branches (id, code, name, created_at, updated_at)
     VALUES ('${id}', 'JULY', 'July', to_timestamp(${july / 1_000}), to_timestamp(${july / 1_000}))`,
  );
  const before = await snapshot(owner, tenantTables);
  await spoil(owner, tenantTables, 'America/New_York');
  const spoilt = await snapshot(owner, tenantTables);
  for (const [zone, reason] of [
    [undefined, 'the offset from UTC was -300 and -240 minutes'],
    ['Europe/Berlin', 'the zone does not explain'],
    ['Nowhere/Land', 'PostgreSQL knows no zone'],
  ] as const) {
    expect(await repairTimestamps(owner, tenantTables, { operator, apply: true, zone })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining(reason),
    });
    expect(await snapshot(owner, tenantTables)).toEqual(spoilt);
  }
  const options = { operator, apply: true, zone: 'America/New_York' };
  expect(await repairTimestamps(owner, tenantTables, options)).toMatchObject({ outcome: 'mended' });
  expect(await snapshot(owner, tenantTables)).toEqual(before);
});

test('the command tells of all databases, the central one too, and mends when told to', {
  timeout: 60_000,
}, async () => {
  await fleet.signInManager();
  await lived('commanded1');
  const tenant = await ownerOf('commanded1');
  const { database } = parseDatasourceUrl(fleet.configuration.centralDatabaseUrl);
  const central = { ...parseDatasourceUrl(inject('postgresUrl')), database };
  const before = [await snapshot(tenant, tenantTables), await snapshot(central, centralTables)];
  await spoil(tenant, tenantTables, 'Asia/Seoul');
  await spoil(central, centralTables, 'Asia/Seoul');
  const run = (...args: string[]) =>
    runScript('scripts/repair-timestamps.ts', args, {
      ...fleet.environment,
      CENTRAL_MIGRATION_DATABASE_URL: datasourceUrl(central),
    });

  const told = await run('--json');
  expect(told.exitCode).toBe(1);
  const { databases } = JSON.parse(told.stdout);
  for (const tenantKey of ['commanded1', null]) {
    expect(databases).toContainEqual(
      expect.objectContaining({ tenantKey, outcome: 'wrong', zone: 540, rows: 0 }),
    );
  }
  const recorded = (tenantKey: string) =>
    fleet.tools.central.auditRecord.findMany({
      where: { action: 'timestamps.repair', tenantKey },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
  expect(await recorded('commanded1')).toEqual([]);
  await run('--apply', '--operator', operator);
  const named = { operator: { before: null, after: operator } };
  const repaired = (await recorded('commanded1')).map(({ changes }) => changes);
  expect(repaired).toMatchObject([
    { stage: { after: 'begun' }, zone: { before: 540, after: 'UTC' }, ...named },
    { stage: { after: 'done' }, outcome: { after: 'mended' }, ...named },
  ]);
  const { exitCode, stdout } = await run('--apply', '--tenant-key', 'commanded1');
  expect(stdout).toBe('commanded1: all is right.\n');
  expect(exitCode).toBe(0);
  expect(await recorded('commanded1')).toHaveLength(2);
  expect([await snapshot(tenant, tenantTables), await snapshot(central, centralTables)]).toEqual(before);
  const unknown = await run('--tenant-key', 'nobody1');
  expect(unknown).toMatchObject({ exitCode: 1, stderr: 'repair-timestamps: There is no tenant nobody1.\n' });
});
