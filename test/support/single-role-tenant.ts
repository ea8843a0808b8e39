import { generatePassword } from '../../src/auth/password.ts';
import { administer } from '../../src/db/roles-and-databases.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { openScriptClient } from '../../src/db/tenant-client.ts';
import { markDatabase } from '../../src/db/tenant-marker.ts';
import type { ProvisioningTools } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { seedTenant } from '../../src/tenancy/provisioning/tenant-seed.ts';
import { applicationSecret, scriptTarget } from '../../src/tenancy/tenant.ts';
import { earlierOwnerMark } from '../../src/tenancy/tenant-administration.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { testPassword } from './fleet.ts';

/** An active tenant as provisioning made it when there was one role: the application's owns the database. */
export async function makeSingleRoleTenant(
  { central, secrets, tenantAdminDatasource }: ProvisioningTools,
  tenantKey: string,
  { dbName, dbUser }: { dbName: string; dbUser: string },
): Promise<void> {
  const { host, port } = tenantAdminDatasource;
  const password = generatePassword();
  const datasource = { host, port, database: dbName, user: dbUser, password };
  await administer(tenantAdminDatasource, async (server) => {
    await server.ensureRole(dbUser, password, earlierOwnerMark(tenantKey));
    await server.ensureDatabase(dbName, dbUser);
  });
  await applyMigrations(datasource, tenantMigrationsFolder);
  const tenant = await central.tenant.create({
    data: {
      tenantKey,
      companyName: `Company ${tenantKey}`,
      dbHost: host,
      dbPort: port,
      dbName,
      dbUser,
      dbPasswordEncrypted: await secrets.write(applicationSecret(tenantKey), password),
      status: 'active',
      isActive: true,
    },
  });
  await markDatabase(datasource, tenant);
  const db = await openScriptClient(await scriptTarget(tenant, secrets));
  const administrator = {
    username: 'admin',
    email: 'admin@example.com',
    password: testPassword,
    passwordIsGenerated: false,
    passwordExpiresAt: new Date(),
  };
  await seedTenant(db, administrator).finally(() => db.$disconnect());
}
