import pMap from 'p-map';
import type { CentralClient } from '../../db/central-client.ts';
import type { Prisma, TenantStatus } from '../../generated/central/client.ts';

/** A tenant was named that does not exist. */
export class UnknownTenantError extends Error {
  override readonly name = 'UnknownTenantError';
}

/** The tenants that requests are answered for, or will be once they are resumed. */
export const statusesInService = ['active', 'suspended'] as const satisfies readonly TenantStatus[];

/**
 * Returns the condition for the named tenants, whatever their status, or for those in `statuses` when none is named.
 * @throws {UnknownTenantError} naming every one that does not exist.
 */
export async function selectTenants(
  central: CentralClient,
  tenantKeys: readonly string[],
  statuses: readonly TenantStatus[] = statusesInService,
): Promise<Prisma.TenantWhereInput> {
  if (tenantKeys.length === 0) return { status: { in: [...statuses] } };
  const named = { tenantKey: { in: [...tenantKeys] } };
  const known = await central.tenant.findMany({ where: named, select: { tenantKey: true } });
  const unknown = tenantKeys.filter((key) => !known.some(({ tenantKey }) => tenantKey === key));
  if (unknown.length > 0) throw new UnknownTenantError(`There is no tenant ${unknown.join(', ')}.`);
  return named;
}

/** The arguments of Prisma's `findMany` that make it read one page. */
export interface TenantPage {
  readonly where: { readonly tenantKey?: { readonly gt: string } };
  readonly orderBy: { readonly tenantKey: 'asc' };
  readonly take: number;
}

/**
 * Reads tenants by key, page by page: a fleet may have thousands, and a page is read when its turn comes.
 * @param readPage reads one page of the tenants that are meant.
 */
export async function* tenantPages<Row extends { readonly tenantKey: string }>(
  pageSize: number,
  readPage: (page: TenantPage) => Promise<Row[]>,
): AsyncGenerator<Row[], void> {
  for (let after: string | undefined; ; ) {
    const where = after === undefined ? {} : { tenantKey: { gt: after } };
    const rows = await readPage({ where, orderBy: { tenantKey: 'asc' }, take: pageSize });
    if (rows.length > 0) yield rows;
    after = rows.at(-1)?.tenantKey;
    if (after === undefined || rows.length < pageSize) return;
  }
}

/** The size of a walk's steps, and its end. */
export interface WalkOptions {
  /** Tenants read at a time. */
  readonly pageSize: number;
  /** Tenants worked on at a time, none of the next page before the last of this one. */
  readonly concurrency: number;
  /** Once it is aborted, no further tenant is begun. */
  readonly signal?: AbortSignal;
}

/**
 * Works on tenants side by side, page by page.
 * @param readPage reads one page of the tenants that are meant.
 * @param work must not throw, since one tenant's failure does not keep the others from their turn: it returns that.
 * @returns the outcome for each tenant that was begun, by key.
 */
export async function forEachTenant<Row extends { readonly tenantKey: string }, Outcome>(
  { pageSize, concurrency, signal }: WalkOptions,
  readPage: (page: TenantPage) => Promise<Row[]>,
  work: (tenant: Row) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const page of tenantPages(pageSize, readPage)) {
    const done = await pMap(page, async (tenant) => (signal?.aborted ? [] : [await work(tenant)]), {
      concurrency,
    });
    outcomes.push(...done.flat());
    if (signal?.aborted) break;
  }
  return outcomes;
}
