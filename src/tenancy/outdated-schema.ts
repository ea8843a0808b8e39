import { isSchemaMissing } from '../db/database-errors.ts';
import { type AppError, ServiceUnavailableError, TenantOutdatedError } from '../errors/index.ts';
import { migrationCommand } from './tenant-schema.ts';

/** A database lacks a table, a column or the like that this version works with. For operators, not for clients. */
class OutdatedSchemaError extends Error {
  override readonly name = 'OutdatedSchemaError';
}

/**
 * Names a failure of a statement that asked for what the database does not have: it has not been migrated, or was
 * restored from an older dump. Returns null for every other error.
 * @param tenantKey the tenant whose database was asked; null for the central one.
 */
export function outdatedSchemaFailure(error: unknown, tenantKey: string | null): AppError | null {
  if (!isSchemaMissing(error)) return null;
  if (tenantKey === null) {
    const cause = lacking('The central database', 'npm run migrate:central', error);
    return new ServiceUnavailableError({ cause });
  }
  const cause = lacking(`The database of tenant ${tenantKey}`, migrationCommand(tenantKey), error);
  return new TenantOutdatedError({ cause });
}

function lacking(whose: string, command: string, error: unknown): OutdatedSchemaError {
  return new OutdatedSchemaError(`${whose} lacks what this version needs. Run "${command}".`, {
    cause: error,
  });
}
