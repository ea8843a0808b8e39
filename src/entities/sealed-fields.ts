import { z } from 'zod';
import type { TenantAuditAction } from '../audit/audit-actions.ts';
import type { PermissionCode } from '../auth/permissions.ts';

/**
 * A field whose values are encrypted with the tenant's key. The column of the same name with `Sealed` at its end holds
 * them: nullable text that ordinary selections leave out (see src/db/secret-columns.ts). No list can search, filter or
 * be ordered by it.
 */
export interface SealedField {
  /** The input's type in GraphQL. As a masked value is a text, so is every value in answers. */
  readonly type: 'String' | 'Date';
  /** Checks a value, and brings it into the text that is sealed. Refuses what {@link SealedField.mask} makes. */
  readonly schema: z.ZodType<string>;
  /** The part of a value that everybody may read who may read the row. It must not tell what another field masks. */
  readonly mask: (value: string) => string;
  /** For those who write clients: what a value means. */
  readonly meaning: string;
  /** The bounds that an input has to keep. */
  readonly bounds: string;
  /** A masked value, for those who write clients. */
  readonly masked: string;
}

/** The sealed fields of an entity. */
export interface SealedFields<Field extends string> {
  /** Lets its holder read them in clear and, together with the permission to write the row, change them. */
  readonly permission: PermissionCode;
  /** The record of each reading in the audit log. */
  readonly readAction: TenantAuditAction;
  readonly fields: Readonly<Record<Field, SealedField>>;
}

/** Marks a field as sealed. */
export function sealed(
  schema: z.ZodType<string>,
  { type = 'String', ...rest }: Omit<SealedField, 'schema' | 'type'> & Partial<Pick<SealedField, 'type'>>,
): SealedField {
  return { ...rest, type, schema };
}

/** A field with its name and its column. */
export interface SealedColumn extends SealedField {
  readonly name: string;
  readonly column: string;
}

/** Returns fields as a list, with their columns. */
export function sealedColumnsOf(fields: Readonly<Record<string, SealedField>>): SealedColumn[] {
  return Object.entries(fields).map(([name, field]) => ({ ...field, name, column: `${name}Sealed` }));
}

/** The schema of an input's sealed fields: absent leaves one as it is, null clears it. */
export function sealedInputSchema(
  columns: readonly SealedColumn[],
): z.ZodType<Record<string, string | null>> {
  return z.object(
    Object.fromEntries(columns.map(({ name, schema }) => [name, schema.nullable().exactOptional()])),
  );
}
