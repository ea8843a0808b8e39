import { inject } from 'vitest';
import { grantToApplication } from '../../src/db/application-privileges.ts';
import { ensureRole } from '../../src/db/roles-and-databases.ts';
import { sessionSettings } from '../../src/db/session-limits.ts';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import type { Tenant as TenantRow } from '../../src/generated/central/client.ts';
import { readFirstAdministrator, recordAccount } from '../../src/tenancy/provisioning/first-administrator.ts';
import type { ProvisioningTools } from '../../src/tenancy/provisioning/provision-tenant.ts';
import type { ProvisioningRequest } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { registerTenant } from '../../src/tenancy/provisioning/registration.ts';
import { seedTenant } from '../../src/tenancy/provisioning/tenant-seed.ts';
import { scriptTarget, tenantDatasource } from '../../src/tenancy/tenant.ts';
import { directAddress } from '../../src/tenancy/tenant-address.ts';
import { administrationOf, ownerMark } from '../../src/tenancy/tenant-administration.ts';
import { latestMigration } from '../../src/tenancy/tenant-migrations.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { copyOf } from './databases.ts';
import { templateOwner } from './template-databases.ts';

/** A tenant that is to be made, with its administrator's password. */
export interface TemplateTenantRequest extends ProvisioningRequest {
  readonly adminPassword: string;
}

/** A tenant that was made, and a client over its database. */
export interface MadeTenant {
  readonly tenant: TenantRow;
  readonly db: TenantClient;
}

/**
 * Creates a tenant like `provisionTenant`, on the run's server, from a copy of a migrated database: for tests that only
 * need one. It takes a third of the time. test/integration/tenants-from-template.test.ts compares the two.
 */
export async function makeTenantFromTemplate(
  tools: ProvisioningTools,
  request: TemplateTenantRequest,
): Promise<MadeTenant> {
  const { central, secrets } = tools;
  const { tenantKey } = request;
  const { tenant } = await registerTenant(tools, request, async () => {});
  const owner = await ownerDatasource(tenant, secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  const application = await tenantDatasource(tenant, secrets, directAddress(tenant));
  const administration = administrationOf(tools, tenant);
  const mark = ownerMark(tenant);
  const { dbName } = tenant;
  await withConnection(administration, async (client) => {
    for (const { user, password } of [owner, application]) await ensureRole(client, user, password, mark);
    await client.query(
      `CREATE DATABASE "${dbName}" OWNER "${owner.user}" ${copyOf(inject('templates').tenant)}`,
    );
  });
  await withConnection({ ...administration, database: dbName }, async (client) => {
    await client.query(`REASSIGN OWNED BY ${templateOwner} TO "${owner.user}"; SET ROLE "${owner.user}"`);
    await client.query('INSERT INTO sys.tenant_marker (tenant_id, tenant_key) VALUES ($1, $2)', [
      tenant.id,
      tenantKey,
    ]);
    await grantToApplication(client, application.user);
    const place = `"${application.user}" IN DATABASE "${dbName}"`;
    const settings = sessionSettings(tools.limitsOf(tenant));
    await client.query(
      [
        'RESET ROLE',
        ...settings.map(([name, value]) => `ALTER ROLE ${place} SET ${name} TO '${value}'`),
      ].join(';'),
    );
  });
  const db = await openScriptClient(await scriptTarget(tenant, secrets), 2);
  const administrator = await readFirstAdministrator(central, secrets, tenant);
  if (!administrator) throw new Error(`Tenant ${tenantKey} has no first administrator.`);
  const accountId = await seedTenant(db, { ...administrator, password: request.adminPassword });
  await recordAccount(central, tenant.id, accountId);
  const active = await central.tenant.update({
    where: { tenantKey },
    data: {
      status: 'active',
      isActive: true,
      provisioningStep: null,
      schemaVersion: await latestMigration(),
    },
  });
  await tools.invalidate(tenantKey);
  return { tenant: active, db };
}
