import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import type { TenantStatus } from '../../src/generated/central/client.ts';
import { migrateFleet, type TenantMigrationReport } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateFleet } from '../../src/tenancy/rotation/rotate-fleet.ts';
import { latestMigration } from '../../src/tenancy/tenant-migrations.ts';
import { repairFleetTimestamps } from '../../src/tenancy/timestamps/repair-fleet.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

const options = { engine: 'wasm', concurrency: 4, tenantKeys: [], dryRun: false } as const;
const command = 'npx tsx scripts/migrate-all-tenants.ts --tenant-key still1';

/** Takes a database back by the newest migration, as one that was left out of its release, or an older dump. */
const withoutNewest = `ALTER TABLE sys.users DROP COLUMN access_ends_at;
  DELETE FROM public._prisma_migrations WHERE migration_name >= '20261128120000'`;

let fleet: TestFleet;
let still: TestTenant;
let newest: string;
let managerToken: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  [still] = await Promise.all([fleet.provision('still1'), fleet.provision('served1')]);
  newest = String(await latestMigration());
  managerToken = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

async function setStatus(tenantKey: string, status: TenantStatus): Promise<void> {
  const data = { status, isActive: status === 'active' };
  await fleet.tools.central.tenant.update({ where: { tenantKey }, data });
  await fleet.tools.invalidate(tenantKey);
}

const asManager = (query: string) => fleet.graphql(query, { token: managerToken });
const resume = () =>
  asManager('mutation { resumeTenant(tenantKey: "still1") { status schemaVersion statusReason } }');

const outcomes = (reports: readonly TenantMigrationReport[]) =>
  Object.fromEntries(reports.map(({ tenantKey, status }) => [tenantKey, status]));

describe('a suspended tenant', () => {
  beforeEach(async () => {
    await migrateFleet(fleet.tools, { ...options, tenantKeys: ['still1'] });
    await setStatus('still1', 'suspended');
  });
  afterEach(() => setStatus('still1', 'active'));

  it('is migrated with the others, resumes, and is served', async () => {
    await still.runAsOwner(withoutNewest);
    expect(outcomes(await migrateFleet(fleet.tools, options))).toEqual({
      served1: 'up-to-date',
      still1: 'migrated',
    });
    expect((await resume()).data.resumeTenant).toEqual({
      status: 'ACTIVE',
      schemaVersion: newest,
      statusReason: null,
    });
    const { accessToken } = await fleet.signIn('still1');
    const { id } = await still.db.user.findFirstOrThrow();
    const { errors } = await fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "Chair" }) { position } }',
      { token: accessToken, variables: { id } },
    );
    expect(errors).toEqual([]);
  });

  it('is named where it is left out, and is not resumed before it is migrated', async () => {
    await still.runAsOwner(withoutNewest);
    const reports = await migrateFleet(fleet.tools, { ...options, skipSuspended: true });
    expect(reports).toMatchObject([
      { tenantKey: 'served1', status: 'up-to-date', reason: null },
      { tenantKey: 'still1', status: 'left-out', reason: expect.stringContaining('--skip-suspended') },
    ]);
    const refused = await resume();
    expect(refused.errors).toMatchObject([
      {
        message: expect.stringContaining(command),
        extensions: { code: 'CONFLICT', reason: 'NOT_MIGRATED', lacking: [newest], command },
      },
    ]);
    expect(await rowOf('still1')).toMatchObject({ status: 'suspended' });
    await migrateFleet(fleet.tools, { ...options, tenantKeys: ['still1'] });
    expect((await resume()).data.resumeTenant.status).toBe('ACTIVE');
  });

  it('is resumed by what its database says, whatever is recorded of it', async () => {
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'still1' },
      data: { schemaVersion: '20261123152845_init' },
    });
    expect((await resume()).data.resumeTenant).toMatchObject({ status: 'ACTIVE', schemaVersion: newest });
    await setStatus('still1', 'suspended');
    await still.runAsOwner(
      "UPDATE public._prisma_migrations SET rolled_back_at = now() WHERE migration_name LIKE '%_audit_time'",
    );
    expect((await resume()).errors[0]?.extensions).toMatchObject({
      lacking: ['20261127150000_audit_time'],
    });
    await still.runAsOwner('UPDATE public._prisma_migrations SET rolled_back_at = NULL');
  });

  it('is not resumed while its database does not answer', async () => {
    const { dbHost } = await rowOf('still1');
    const place = (host: string) =>
      fleet.tools.central.tenant.update({ where: { tenantKey: 'still1' }, data: { dbHost: host } });
    // A name that leads nowhere (RFC 2606): with a server that refuses connections, as while it restarts, one is patient.
    await place('db.invalid');
    expect((await resume()).codes).toEqual(['TENANT_UNAVAILABLE']);
    const [, report] = await migrateFleet(fleet.tools, options);
    expect(report).toMatchObject({ status: 'failed', error: expect.stringContaining('--skip-suspended') });
    await place(dbHost);
  });

  it('may be moved to an older dump, which is migrated before it resumes; in service it may not', async () => {
    const { dbName, dbOwnerUser } = await rowOf('still1');
    const admin = parseDatasourceUrl(inject('postgresUrl'));
    const [from, to, owner] = [dbName, `${dbName}_dump`, String(dbOwnerUser)].map(pg.escapeIdentifier);
    const onServer = (statement: string, database = admin.database) =>
      withConnection({ ...admin, database }, (client) => client.query(statement));
    await onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${dbName}'`);
    await onServer(`CREATE DATABASE ${to} TEMPLATE ${from} OWNER ${owner}`);
    await onServer(withoutNewest, `${dbName}_dump`);
    await setStatus('still1', 'active');
    const move = () => moveTenant(fleet.tools, 'still1', { dbName: `${dbName}_dump` });
    await expect(move()).rejects.toThrow(`lacks ${newest}. Suspend tenant still1`);
    await setStatus('still1', 'suspended');
    expect(await move()).toMatchObject({ moved: true, lacking: [newest] });
    expect((await resume()).errors[0]?.extensions).toMatchObject({ command });
    await migrateFleet(fleet.tools, { ...options, tenantKeys: ['still1'] });
    expect((await resume()).data.resumeTenant.status).toBe('ACTIVE');
    await moveTenant(fleet.tools, 'still1', { dbName });
    await onServer(`DROP DATABASE ${to} WITH (FORCE)`);
  });
});

describe('tenants that are not in service', () => {
  const statuses = ['archived', 'failed', 'provisioning'] as const;

  beforeAll(async () => {
    for (const status of statuses) {
      const { dbHost, dbPort, dbUser, dbPasswordEncrypted, companyName } = await rowOf('served1');
      await fleet.tools.central.tenant.create({
        data: {
          tenantKey: `${status}1`,
          companyName,
          status,
          dbName: status,
          dbHost,
          dbPort,
          dbUser,
          dbPasswordEncrypted,
        },
      });
    }
  });
  afterAll(() =>
    fleet.tools.central.tenant.deleteMany({
      where: { tenantKey: { in: statuses.map((status) => `${status}1`) } },
    }),
  );

  const named = statuses.map((status) => ({
    tenantKey: `${status}1`,
    reason: expect.stringMatching(new RegExp(`^${status}: `)),
  }));

  it('are named by a migration, a rotation and a repair of all, with the reason', async () => {
    const { tools } = fleet;
    const migrated = await migrateFleet(tools, { ...options, dryRun: true });
    const rotated = await rotateFleet(tools, {
      purpose: 'application',
      tenantKeys: [],
      batchSize: 10,
      concurrency: 2,
      maximumFailureRate: 0,
      skipRotatedSince: null,
      graceSeconds: 0,
      drainSeconds: 0,
      dryRun: true,
    });
    const repaired = await repairFleetTimestamps({ ...tools, centralOwner: null }, [], {
      apply: false,
      operator: 'tests',
    });
    for (const reports of [migrated, rotated, repaired]) {
      expect(reports.map(({ tenantKey }) => tenantKey)).toEqual([
        'served1',
        'still1',
        ...statuses.map((status) => `${status}1`),
      ]);
      expect(reports.slice(2)).toMatchObject(named);
    }
  });

  it('are no failure of migrate-all-tenants, whose result lists them apart', async () => {
    const { exitCode, stdout } = await runScript(
      'scripts/migrate-all-tenants.ts',
      ['--dry-run', '--json'],
      fleet.environment,
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ total: 2, failed: 0, leftOut: named });
  });

  it('are a failure when an older version brings them into service while a migration runs', async () => {
    const { central, invalidate } = fleet.tools;
    const release = (schemaVersion: string) => async (tenantKey: string) => {
      const data = { status: 'active', isActive: true, schemaVersion } as const;
      await central.tenant.update({ where: { tenantKey: 'failed1' }, data });
      await invalidate(tenantKey);
    };
    const migrateDuring = async (work: (tenantKey: string) => Promise<void>) => {
      await setStatus('failed1', 'failed');
      // What is recorded anew is told to every process, and that is waited for.
      await central.tenant.update({ where: { tenantKey: 'served1' }, data: { schemaVersion: null } });
      return migrateFleet({ ...fleet.tools, invalidate: work }, options);
    };
    const late = await migrateDuring(release('20261123152845_init'));
    const current = await migrateDuring(release(newest));
    await setStatus('failed1', 'failed');
    expect(late).toContainEqual(
      expect.objectContaining({
        tenantKey: 'failed1',
        status: 'failed',
        error: expect.stringContaining('run it again'),
      }),
    );
    expect(outcomes(current)).not.toHaveProperty('failed1');
  });
});

it('a tenant whose making an older version began gets every migration when it is gone on with', async () => {
  const { runAsOwner } = await fleet.provision('begun1');
  await runAsOwner(withoutNewest);
  await fleet.tools.central.tenant.update({
    where: { tenantKey: 'begun1' },
    data: { status: 'failed', isActive: false, provisioningStep: 'seed', schemaVersion: null },
  });
  const { tenant } = await provisionTenant(fleet.tools, { tenantKey: 'begun1', companyName: 'Begun' });
  expect(tenant).toMatchObject({ status: 'active', schemaVersion: newest });
  expect(await migrateFleet(fleet.tools, { ...options, tenantKeys: ['begun1'] })).toMatchObject([
    { status: 'up-to-date' },
  ]);
});

describe('a tenant in service whose database lacks what this version needs', () => {
  let token: string;
  let id: string;

  beforeAll(async () => {
    token = (await fleet.signIn('still1')).accessToken;
    id = (await still.db.user.findFirstOrThrow()).id;
  });

  const signIn = () =>
    fleet.graphql(
      'mutation { login(input: { tenantKey: "still1", username: "admin", password: "x" }) { expiresIn } }',
    );
  const update = () =>
    fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "Chair" }) { position } }',
      {
        token,
        variables: { id },
      },
    );

  it.each([
    ['a column that a change writes', 'sys.users', 'position', update],
    ['a column that a sign-in reads', 'sys.users', 'device_generation', signIn],
    ['a column of sessions', 'sys.sessions', 'revoked_at', update],
  ])('is answered TENANT_OUTDATED, and the log has the command: %s', async (_what, table, column, ask) => {
    await still.runAsOwner(`ALTER TABLE ${table} RENAME COLUMN ${column} TO not_${column}`);
    await fleet.app.directory.invalidate('still1');
    const logged = fleet.log.length;
    const { errors } = await ask();
    await still.runAsOwner(`ALTER TABLE ${table} RENAME COLUMN not_${column} TO ${column}`);
    expect(errors).toMatchObject([{ extensions: { code: 'TENANT_OUTDATED', retryable: true } }]);
    const [line = '{}'] = fleet.log.slice(logged).filter((entry) => entry.includes('TENANT_OUTDATED'));
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      err: { message: expect.stringContaining(command) },
    });
  });
});

it.each([
  [
    'a column',
    'tenants RENAME COLUMN registration_id TO not_yet',
    'tenants RENAME COLUMN not_yet TO registration_id',
  ],
  ['a table', 'api_processes RENAME TO not_yet', 'not_yet RENAME TO api_processes'],
])(
  'a server does not start on a central database that lacks %s, and says what to run',
  async (_what, away, back) => {
    await fleet.runAsCentralOwner(`ALTER TABLE ${away}`);
    try {
      await expect(fleet.startApp().app.ready()).rejects.toThrow(
        'The central database lacks migrations of this version: apply them with "npm run migrate:central".',
      );
    } finally {
      await fleet.runAsCentralOwner(`ALTER TABLE ${back}`);
    }
  },
);
