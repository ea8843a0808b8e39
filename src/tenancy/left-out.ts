import type { CentralClient } from '../db/central-client.ts';
import type { TenantStatus } from '../generated/central/client.ts';

/** A tenant that work on the whole fleet passes over. */
export interface LeftOutTenant {
  readonly tenantKey: string;
  /** Its status, and what becomes of it. */
  readonly reason: string;
}

const unfinished =
  'not finished; provision-tenant (or resumeProvisioning) finishes it with all migrations, and --cleanup removes it';

const reasons = {
  provisioning: `provisioning: ${unfinished}`,
  failed: `failed: ${unfinished}`,
  archived: 'archived: out of service for good (--tenant-key includes it)',
  suspended: "suspended: --skip-suspended; it can't be resumed on an old schema",
} satisfies Record<Exclude<TenantStatus, 'active'>, string>;

/** The tenants in other statuses, by key, and why each is left out: so that nobody takes them for done. */
export async function findLeftOut(
  central: CentralClient,
  included: readonly ('active' | 'suspended')[],
): Promise<LeftOutTenant[]> {
  const tenants = await central.tenant.findMany({
    where: { status: { notIn: ['active', ...included] } },
    orderBy: { tenantKey: 'asc' },
    select: { tenantKey: true, status: true },
  });
  return tenants.flatMap(({ tenantKey, status }) =>
    status === 'active' ? [] : [{ tenantKey, reason: reasons[status] }],
  );
}
