import type { SampleColleague } from '../../scripts/support/sample-data/employees.ts';
import { freeSeats } from '../../scripts/support/sample-data/people.ts';
import { describeSampleTenant } from '../../scripts/support/sample-data/sample-tenant.ts';
import { writeSampleData } from '../../scripts/support/sample-data/write-sample-data.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { samplePassword } from '../../src/auth/published-passwords.ts';
import { withIdentityLock } from '../../src/db/identity-lock.ts';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';
import { operatorOf } from '../../src/tenancy/operator.ts';
import { type ProvisioningTools, provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { scriptTarget } from '../../src/tenancy/tenant.ts';

/** The tenants that a newcomer finds. Both have `admin` and `john`, with {@link demoPassword}. */
export const demoTenants = [
  { tenantKey: 'acme01', companyName: 'ACME Corporation', users: 40, seed: 1, locale: 'ko' },
  { tenantKey: 'beta02', companyName: 'Beta Trading', users: 25, seed: 2, locale: 'en' },
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
    demoTenants.map(async ({ tenantKey, companyName, users, seed, locale }) => {
      const { tenant } = await provisionTenant(tools, {
        tenantKey,
        companyName,
        adminPassword: demoPassword,
        createdBy: demoAuthor,
      });
      if (tenant.status !== 'active' || tenant.createdBy !== demoAuthor) return;
      const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
      try {
        const john = await addJohn(db, tenant.maxUsers);
        if (!john) return;
        const described = await describeSampleTenant(tools, tenantKey);
        const operator = operatorOf(tools);
        await writeSampleData(db, { users, seed, locale, ...described, operator, colleagues: [john] });
      } finally {
        await db.$disconnect();
      }
    }),
  );
}

/**
 * Adds the user `john`, who sees people, and his own leave and attendance; inactive when no seat is free.
 * @returns null when there already was a user `john`, deleted or not.
 */
async function addJohn(db: TenantClient, maxUsers: number): Promise<SampleColleague | null> {
  if (await db.user.findFirst({ where: { username: 'john' }, select: { id: true } })) return null;
  const passwordHash = await hashPassword(demoPassword);
  return withIdentityLock(db, async (transaction) => {
    const role = await transaction.role.findFirstOrThrow({
      where: { code: 'tenant_user', deletedAt: null },
      select: { id: true },
    });
    return transaction.user.create({
      data: {
        username: 'john',
        email: 'john@example.com',
        passwordHash,
        fullName: 'John Doe',
        position: 'Employee',
        roleId: role.id,
        isActive: (await freeSeats(transaction, maxUsers)) > 0,
      },
      select: {
        id: true,
        fullName: true,
        isActive: true,
        departmentId: true,
        branchId: true,
        position: true,
      },
    });
  });
}
