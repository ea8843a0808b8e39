import { hashPassword } from '../auth/password.ts';
import { openScriptClient, type TenantClient } from '../db/tenant-client.ts';
import { type ProvisioningTools, provisionTenant } from './provisioning/provision-tenant.ts';
import { samplePassword, writeSampleData } from './sample-data.ts';
import { tenantTarget } from './tenant.ts';

/** The tenants that a newcomer finds. Both have `admin` and `john`, with {@link demoPassword}. */
export const demoTenants = [
  { tenantKey: 'acme01', companyName: 'ACME Corporation', users: 40, seed: 1 },
  { tenantKey: 'beta02', companyName: 'Beta Trading', users: 25, seed: 2 },
] as const;

/** The password of everybody in the demo tenants. */
export const demoPassword = samplePassword;

/** Makes the demo tenants that are missing; what is there, and what has been changed in it, stays. */
export async function ensureDemoTenants(tools: ProvisioningTools): Promise<void> {
  await Promise.all(
    demoTenants.map(async ({ tenantKey, companyName, users, seed }) => {
      const { tenant } = await provisionTenant(tools, {
        tenantKey,
        companyName,
        adminPassword: demoPassword,
      });
      if (tenant.status !== 'active') return;
      const db = await openScriptClient(await tenantTarget(tenant, tools.secrets));
      try {
        if (await addJohn(db)) await writeSampleData(db, { users, seed });
      } finally {
        await db.$disconnect();
      }
    }),
  );
}

/** A user who may only see users. @returns false when a user john was there already, alive or deleted. */
async function addJohn(db: TenantClient): Promise<boolean> {
  if (await db.user.findFirst({ where: { username: 'john' }, select: { id: true } })) return false;
  const role = await db.role.findFirstOrThrow({
    where: { code: 'tenant_user', deletedAt: null },
    select: { id: true },
  });
  await db.user.create({
    data: {
      username: 'john',
      email: 'john@example.com',
      passwordHash: await hashPassword(demoPassword),
      fullName: 'John Doe',
      position: 'Employee',
      roleId: role.id,
    },
  });
  return true;
}
