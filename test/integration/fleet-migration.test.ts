import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { readMigrationsFolder } from '@cxg/prisma-schema-engine';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Datasource, datasourceUrl } from '../../src/config/datasource.ts';
import { childEnvironment } from '../../src/config/process-environment.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { UnknownTenantError } from '../../src/tenancy/fleet/for-each-tenant.ts';
import { migrateFleet, type TenantMigrationReport } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { latestMigration, tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { tenantSchemas } from '../../src/tenancy/tenant-schemas.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

const options = { engine: 'wasm', concurrency: 2, tenantKeys: [], dryRun: false } as const;

let fleet: TestFleet;
let tenants: [TestTenant, TestTenant, TestTenant];

beforeAll(async () => {
  fleet = await createTestFleet();
  tenants = await Promise.all([
    fleet.provision('alpha1'),
    fleet.provision('beta1'),
    fleet.provision('gamma1'),
  ]);
});
afterAll(() => fleet.close());

/** Takes a tenant back to a database without any migration. */
async function unmigrate({ runAsOwner, tenantKey }: TestTenant): Promise<void> {
  await runAsOwner(
    `DROP SCHEMA IF EXISTS ${tenantSchemas.join(', ')} CASCADE; DROP TABLE IF EXISTS public._prisma_migrations`,
  );
  await fleet.tools.central.tenant.update({ where: { tenantKey }, data: { schemaVersion: null } });
}

/** The names of all migrations that a tenant gets, the oldest first. */
async function allMigrations(): Promise<string[]> {
  const { migrationDirectories } = await readMigrationsFolder(tenantMigrationsFolder);
  return migrationDirectories.map(({ path }) => path);
}

const statusesOf = (reports: readonly TenantMigrationReport[]) =>
  Object.fromEntries(reports.map(({ tenantKey, status }) => [tenantKey, status]));

async function ownerOf(tenantKey: string): Promise<Datasource> {
  const tenant = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const owner = await ownerDatasource(tenant, fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  return owner;
}

/** Runs the real `prisma migrate status` on a tenant's database. */
async function prismaStatusOf(tenantKey: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [createRequire(import.meta.url).resolve('prisma/build/index.js'), 'migrate', 'status'],
    {
      env: childEnvironment({
        TENANT_DATABASE_URL: datasourceUrl(await ownerOf(tenantKey)),
      }),
    },
  );
  return stdout;
}

describe('migrating the fleet', () => {
  beforeEach(async () => {
    for (const tenant of tenants) await unmigrate(tenant);
  });

  it.each(['wasm', 'cli'] as const)(
    'with the engine %s leaves what prisma migrate status calls up to date',
    { timeout: 60_000 },
    async (engine) => {
      const reports = await migrateFleet(fleet.tools, { ...options, engine, tenantKeys: ['alpha1'] });
      expect(reports).toMatchObject([{ tenantKey: 'alpha1', status: 'migrated', error: null }]);
      expect(await prismaStatusOf('alpha1')).toContain('Database schema is up to date!');
      const row = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'alpha1' } });
      expect(row.schemaVersion).toBe(await latestMigration());
    },
  );

  it('reports what was up to date already, and applies nothing', async () => {
    await migrateFleet(fleet.tools, { ...options, tenantKeys: ['alpha1'] });
    expect(statusesOf(await migrateFleet(fleet.tools, options))).toEqual({
      alpha1: 'up-to-date',
      beta1: 'migrated',
      gamma1: 'migrated',
    });
  });

  it('only lists what is lacking in a dry run', async () => {
    const reports = await migrateFleet(fleet.tools, { ...options, dryRun: true });
    expect(reports.map(({ migrations }) => migrations)).toEqual(Array(3).fill(await allMigrations()));
    expect(statusesOf(await migrateFleet(fleet.tools, { ...options, dryRun: true }))).toEqual({
      alpha1: 'pending',
      beta1: 'pending',
      gamma1: 'pending',
    });
  });

  it("lets no tenant's failure stop the others, and names it with its reason", async () => {
    const [, beta] = tenants;
    await beta.runAsOwner('CREATE SCHEMA sys CREATE TABLE users (in_the_way int)');
    const reports = await migrateFleet(fleet.tools, options);
    expect(statusesOf(reports)).toEqual({ alpha1: 'migrated', beta1: 'failed', gamma1: 'migrated' });
    expect(reports[1]?.error).toContain('already exists');
    const again = await migrateFleet(fleet.tools, options);
    expect(again[1]?.error).toMatch(/failed migrations/);
    expect(statusesOf(again)).toMatchObject({ alpha1: 'up-to-date', gamma1: 'up-to-date' });
  });

  it('reports a tenant whose database is out of reach, without its password', async () => {
    const { central } = fleet.tools;
    const { dbPort } = await central.tenant.findUniqueOrThrow({ where: { tenantKey: 'gamma1' } });
    await central.tenant.update({ where: { tenantKey: 'gamma1' }, data: { dbPort: 1 } });
    const reports = await migrateFleet(fleet.tools, options);
    await central.tenant.update({ where: { tenantKey: 'gamma1' }, data: { dbPort } });
    expect(statusesOf(reports)).toEqual({ alpha1: 'migrated', beta1: 'migrated', gamma1: 'failed' });
    expect(reports[2]?.error).toMatch(/reach/);
  });

  it('is safe to run twice at once', async () => {
    const runs = await Promise.all([migrateFleet(fleet.tools, options), migrateFleet(fleet.tools, options)]);
    expect(runs.flat().filter(({ status }) => status === 'failed')).toEqual([]);
    for (const { tenantKey } of tenants) {
      const { rows } = await withConnection(await ownerOf(tenantKey), (client) =>
        client.query('SELECT * FROM public._prisma_migrations'),
      );
      expect(rows).toHaveLength((await allMigrations()).length);
    }
  });

  it('refuses a database that is ahead of this version', async () => {
    await migrateFleet(fleet.tools, options);
    const [alpha] = tenants;
    await alpha.runAsOwner(
      `INSERT INTO public._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('x', 'x', '29990101000000_from_the_future', now(), 1)`,
    );
    const [report] = await migrateFleet(fleet.tools, options);
    expect(report).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('29990101000000_from_the_future'),
    });
  });

  it('migrates only the tenants named', async () => {
    expect(statusesOf(await migrateFleet(fleet.tools, { ...options, tenantKeys: ['beta1'] }))).toEqual({
      beta1: 'migrated',
    });
  });

  it('does nothing at all when a named tenant does not exist', async () => {
    await expect(
      migrateFleet(fleet.tools, { ...options, tenantKeys: ['alpha1', 'nobody1'] }),
    ).rejects.toThrow(UnknownTenantError);
    expect(statusesOf(await migrateFleet(fleet.tools, { ...options, dryRun: true }))).toMatchObject({
      alpha1: 'pending',
    });
  });
});
