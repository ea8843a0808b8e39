import { isSchemaMissing } from '../db/database-errors.ts';
import { TenantOutdatedError } from '../errors/index.ts';
import { migrationCommand } from './tenant-schema.ts';

/** A tenant's database lacks a table, a column or the like that this version works with. For operators, not for clients. */
class OutdatedSchemaError extends Error {
  override readonly name = 'OutdatedSchemaError';
}

/**
 * Names the failure of a statement that asked a tenant's database for what it does not have: it has not been migrated,
 * or was restored from an older dump. Returns null for every other error.
 */
export function outdatedSchemaFailure(error: unknown, tenantKey: string): TenantOutdatedError | null {
  if (!isSchemaMissing(error)) return null;
  const cause = new OutdatedSchemaError(
    `The database of tenant ${tenantKey} lacks what this version needs. Run "${migrationCommand(tenantKey)}".`,
    { cause: error },
  );
  return new TenantOutdatedError({ cause });
}
