import type { TenantPlan } from '../../catalogue/plans.ts';
import type { CentralTransaction } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { inOrder } from '../../db/in-order.ts';
import { containing, containingLowerCase } from '../../db/search.ts';
import { searchSchema } from '../../db/text.ts';
import { searchForms } from '../../db/text-forms.ts';
import { parseInput, TenantNotFoundError } from '../../errors/index.ts';
import type { Prisma, TenantStatus } from '../../generated/central/client.ts';

/** The columns that managers see of a tenant: nothing of its database and how to sign in to that. */
const tenantColumns = {
  tenantKey: true,
  companyName: true,
  status: true,
  statusReason: true,
  plan: true,
  maxUsers: true,
  schemaVersion: true,
  createdAt: true,
  updatedAt: true,
} satisfies Prisma.TenantSelect;

/** A tenant as managers see it. */
export type ManagedTenant = Prisma.TenantGetPayload<{ select: typeof tenantColumns }>;

/** The tenants that a list shows. */
export interface TenantFilter {
  readonly search?: string | null | undefined;
  readonly status?: TenantStatus | null | undefined;
  readonly plan?: TenantPlan | null | undefined;
}

/**
 * The condition for tenants that the filter lets through.
 * @throws {ValidationFailedError} for a text that can't be searched for.
 */
export function tenantFilter({ search, status, plan }: TenantFilter): Prisma.TenantWhereInput {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    ...(text === undefined
      ? {}
      : {
          OR: searchForms(text).flatMap((form) => [
            { tenantKey: containingLowerCase(form) },
            { companyName: containing(form) },
          ]),
        }),
    ...(status == null ? {} : { status }),
    ...(plan == null ? {} : { plan }),
  };
}

/** A page of tenants. */
export function listTenants(
  central: CentralDatabase,
  page: Pick<Prisma.TenantFindManyArgs, 'where' | 'orderBy' | 'take'>,
): Promise<ManagedTenant[]> {
  return central.tenant.findMany({ ...page, select: tenantColumns });
}

/** The tenants of those keys, in their order, with null for those that do not exist. */
export async function loadTenants(
  central: CentralDatabase,
  tenantKeys: readonly string[],
): Promise<(ManagedTenant | null)[]> {
  const rows = await listTenants(central, { where: { tenantKey: { in: [...tenantKeys] } } });
  return inOrder(tenantKeys, rows, (row) => row.tenantKey);
}

/**
 * The tenant of that key, whose row nobody else changes before the transaction ends.
 * @throws {TenantNotFoundError} when there is none.
 */
export async function lockTenant(transaction: CentralTransaction, tenantKey: string): Promise<ManagedTenant> {
  await transaction.$queryRaw`SELECT FROM public.tenants WHERE tenant_key = ${tenantKey} FOR UPDATE`;
  const [tenant] = await loadTenants(transaction, [tenantKey]);
  if (!tenant) throw new TenantNotFoundError();
  return tenant;
}

/** Changes a row that {@link lockTenant} has locked. */
export function writeTenant(
  transaction: CentralTransaction,
  tenantKey: string,
  data: Prisma.TenantUpdateInput,
): Promise<ManagedTenant> {
  return transaction.tenant.update({ where: { tenantKey }, data, select: tenantColumns });
}
