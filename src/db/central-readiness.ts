import { reasonOf } from '../errors/reason.ts';
import type { CentralClient } from './central-client.ts';
import { isMissingPrivilege, isMissingTable, isSchemaMissing } from './database-errors.ts';

/** Thrown when the central database can't be used. The message says what to do. */
export class CentralDatabaseError extends Error {
  override readonly name = 'CentralDatabaseError';
}

/**
 * Checks that the central database answers, is migrated, and lets its application's role in.
 * @throws {CentralDatabaseError}
 */
export async function assertCentralIsReady(central: CentralClient): Promise<void> {
  let hasTenants = false;
  try {
    // Selects all columns, because later migrations have added some, and tables.
    await central.tenant.findFirst();
    hasTenants = true;
    await central.tenantConfig.findFirst({ select: { isPublic: true } });
    await central.apiProcess.findFirst();
  } catch (error) {
    throw new CentralDatabaseError(describe(error, hasTenants), { cause: error });
  }
}

function describe(error: unknown, hasTenants: boolean): string {
  if (!hasTenants && isMissingTable(error)) {
    return 'The central database has no tables yet: apply its migrations with "npm run migrate:central".';
  }
  if (isSchemaMissing(error)) {
    return 'The central database lacks migrations of this version: apply them with "npm run migrate:central".';
  }
  if (isMissingPrivilege(error)) {
    return 'The role of CENTRAL_ADMIN_DATABASE_URL lacks privileges in the central database: grant them with "npm run migrate:central".';
  }
  return `The database of CENTRAL_ADMIN_DATABASE_URL can't be used: ${reasonOf(error)}`;
}
