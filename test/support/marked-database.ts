import { applyMigrations } from '../../src/db/schema-engine.ts';
import { markDatabase, type TenantIdentity } from '../../src/db/tenant-marker.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { createEmptyDatabase, type TestDatabase } from './databases.ts';

/** Creates a migrated database that is marked as the tenant's, without a fleet around it. */
export async function createMarkedDatabase(tenant: TenantIdentity): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  await applyMigrations(database.connection, tenantMigrationsFolder);
  await markDatabase(database.connection, tenant);
  return database;
}
