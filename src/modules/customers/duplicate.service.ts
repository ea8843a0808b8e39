import { z } from 'zod';
import type { Viewer } from '../../auth/viewer.ts';
import type { TenantDatabase } from '../../db/tenant-client.ts';
import { foldedName } from '../../db/text-forms.ts';
import type { EntityChange, RowOf } from '../../entities/entity.ts';
import { isVisible, visibleRowsInSql } from '../../entities/row-scope.ts';
import { takenMessage } from '../../entities/taken-messages.ts';
import { ConflictError, message } from '../../errors/index.ts';

/** What tells that two customers are the same one. */
export interface CustomerTraits {
  readonly businessNumber?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly phone?: string | null | undefined;
}

/** A live customer that shares traits with another one. */
interface AlikeCustomer {
  readonly id: string;
  readonly ownerId: string | null;
  /** Whether it has the same business registration number; otherwise it has the same name and telephone number. */
  readonly hasNumber: boolean;
}

const rowsSchema = z.array(
  z.object({ id: z.string(), ownerId: z.string().nullable(), name: z.string(), hasNumber: z.boolean() }),
);

const sameSchema = z.array(z.object({ name: z.string(), phone: z.string() }));

/** People write telephone numbers in many ways, but always with the same digits. */
function digitsOf(phone: string | null | undefined): string | null {
  return phone?.replace(/\D/g, '') || null;
}

/** Finds the live customers with the same business registration number, or the same name and telephone number. */
async function findAlike(
  db: TenantDatabase,
  { businessNumber = null, name, phone }: CustomerTraits,
  exceptId: string | null,
): Promise<AlikeCustomer[]> {
  const digits = name == null ? null : digitsOf(phone);
  if (businessNumber === null && digits === null) return [];
  const rows = await db.$queryRaw`
    SELECT "id", "owner_id" AS "ownerId", "name",
      "business_number" COLLATE "C" IS NOT DISTINCT FROM ${businessNumber} AND "business_number" IS NOT NULL AS "hasNumber"
    FROM "crm"."customers"
    WHERE "deleted_at" IS NULL
      AND ("business_number" COLLATE "C" = ${businessNumber}
        OR regexp_replace("phone" COLLATE "C", '[^0-9]', '', 'g') = ${digits})
      AND "id" IS DISTINCT FROM ${exceptId}::uuid
    ORDER BY "created_at" DESC, "id" DESC`;
  const folded = foldedName(name ?? '');
  return rowsSchema
    .parse(rows)
    .filter((row) => row.hasNumber || (digits !== null && foldedName(row.name) === folded));
}

/** Returns the ids of the customers that seem to be the same one, of those that exist for the viewer. */
export async function findDuplicates(
  db: TenantDatabase,
  viewer: Viewer,
  traits: CustomerTraits,
  exceptId: string | null = null,
): Promise<string[]> {
  return visibleIds(viewer, await findAlike(db, traits, exceptId));
}

function visibleIds(viewer: Viewer, rows: readonly AlikeCustomer[]): string[] {
  return rows.filter((row) => isVisible('Customer', viewer, 'read', { ...row })).map(({ id }) => id);
}

/**
 * Refuses a customer that seems to be there already.
 * @throws {ConflictError} when another one has its business registration number, or its name and telephone number.
 */
export async function refuseDuplicates(
  change: EntityChange<'Customer'>,
): Promise<Partial<RowOf<'Customer'>>> {
  await refuseTakenNumber(change);
  const { transaction, actor, before, changes } = change;
  const key = sameKey({ ...before, ...changes });
  if (key === null || (before !== null && sameKey(before) === key)) return {};
  await takeTurn(transaction, key);
  const { name, phone } = { ...before, ...changes };
  const alike = await findAlike(transaction, { name, phone }, before?.id ?? null);
  if (alike.length === 0) return {};
  throw new ConflictError({
    reason: 'DUPLICATE',
    message: message('conflict.duplicateCustomer'),
    duplicates: { type: 'Customer', ids: visibleIds(actor.viewer, alike) },
  });
}

/**
 * Refuses a business registration number that another customer has, for it is theirs alone, whatever the client says.
 * @throws {ConflictError} at the field.
 */
export async function refuseTakenNumber({
  transaction,
  actor,
  before,
  changes: { businessNumber },
}: EntityChange<'Customer'>): Promise<Partial<RowOf<'Customer'>>> {
  if (businessNumber == null || businessNumber === before?.businessNumber) return {};
  await takeTurn(transaction, `number ${businessNumber}`);
  const alike = await findAlike(transaction, { businessNumber }, before?.id ?? null);
  if (alike.length === 0) return {};
  throw new ConflictError({
    reason: 'TAKEN',
    fields: [{ path: ['input', 'businessNumber'], message: takenMessage('businessNumber') }],
    duplicates: { type: 'Customer', ids: visibleIds(actor.viewer, alike) },
  });
}

/**
 * Finds the live customers with the same name and telephone number as some of these, of those that exist for the viewer.
 * @returns what they have in common with those, as {@link sameKey} does.
 */
export async function findSameKeys(
  db: TenantDatabase,
  viewer: Viewer,
  customers: readonly CustomerTraits[],
): Promise<ReadonlySet<string>> {
  const digits = new Set(customers.flatMap(({ phone }) => digitsOf(phone) ?? []));
  if (digits.size === 0) return new Set();
  const rows = await db.$queryRaw`
    SELECT DISTINCT "name", "phone" FROM "crm"."customers" AS "customer"
    WHERE "deleted_at" IS NULL
      AND regexp_replace("phone" COLLATE "C", '[^0-9]', '', 'g') = ANY (${[...digits]}::text[])
      AND ${visibleRowsInSql('Customer', viewer, 'read', 'customer')}`;
  return new Set(sameSchema.parse(rows).flatMap((row) => sameKey(row) ?? []));
}

/** What customers of the same name and telephone number have in common; null for one without either. */
export function sameKey({ name, phone }: CustomerTraits): string | null {
  const digits = digitsOf(phone);
  return name == null || digits === null ? null : `name ${digits} ${foldedName(name)}`;
}

/** Of two alike at once, the second sees the customer of the first. */
async function takeTurn(transaction: TenantDatabase, key: string): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`customer ${key}`}, 0))`;
}
