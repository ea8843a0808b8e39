import { freeSeats, writeSampleData } from '../../scripts/support/sample-data.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { samplePassword } from '../../src/auth/published-passwords.ts';
import { withIdentityLock } from '../../src/db/identity-lock.ts';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';
import { operatorOf } from '../../src/tenancy/operator.ts';
import { type ProvisioningTools, provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { scriptTarget } from '../../src/tenancy/tenant.ts';

/** The tenants that a newcomer finds. Both have `admin` and `john`, with {@link demoPassword}. */
export const demoTenants = [
  { tenantKey: 'acme01', companyName: 'ACME Corporation', users: 40, seed: 1 },
  { tenantKey: 'beta02', companyName: 'Beta Trading', users: 25, seed: 2 },
] as const;

/** The password of everybody in the demo tenants. */
export const demoPassword = samplePassword;

/** The name under which the demo tenants are made. */
export const demoAuthor = 'npm run dev';

/**
 * Creates the demo tenants that are missing. What is there, and what has been changed in it, stays; a tenant of
 * somebody else's is left alone.
 */
export async function ensureDemoTenants(tools: ProvisioningTools): Promise<void> {
  await Promise.all(
    demoTenants.map(async ({ tenantKey, companyName, users, seed }) => {
      const { tenant } = await provisionTenant(tools, {
        tenantKey,
        companyName,
        adminPassword: demoPassword,
        createdBy: demoAuthor,
      });
      if (tenant.status !== 'active' || tenant.createdBy !== demoAuthor) return;
      const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
      try {
        const { maxUsers } = tenant;
        if (await addJohn(db, maxUsers)) {
          await writeSampleData(db, { users, seed, maxUsers, operator: operatorOf(tools) });
        }
      } finally {
        await db.$disconnect();
      }
    }),
  );
}

/**
 * Adds the user `john`, who may only read users; inactive when no seat is free.
 * @returns false when there already was a user `john`, deleted or not.
 */
async function addJohn(db: TenantClient, maxUsers: number): Promise<boolean> {
  if (await db.user.findFirst({ where: { username: 'john' }, select: { id: true } })) return false;
  const passwordHash = await hashPassword(demoPassword);
  await withIdentityLock(db, async (transaction) => {
    const role = await transaction.role.findFirstOrThrow({
      where: { code: 'tenant_user', deletedAt: null },
      select: { id: true },
    });
    await transaction.user.create({
      data: {
        username: 'john',
        email: 'john@example.com',
        passwordHash,
        fullName: 'John Doe',
        position: 'Employee',
        roleId: role.id,
        isActive: (await freeSeats(transaction, maxUsers)) > 0,
      },
    });
  });
  return true;
}
