import type pg from 'pg';
import type { CentralClient } from '../../db/central-client.ts';
import { databaseFailure } from '../../db/database-errors.ts';
import { ConflictError, message, TenantUnavailableError } from '../../errors/index.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { SecretsUnavailableError } from '../secrets/credentials-error.ts';
import { migrationCommand, readTenantSchema, type TenantSchema } from '../tenant-schema.ts';

/**
 * Asserts that a suspended tenant's database has had every migration of this version, since suspended tenants may
 * have been left out of a migration, or restored from an older dump. The database is asked; its record may be outdated.
 * @param openPool opens a pool on a tenant's database, under the budget of all of them.
 * @returns the newest migration that it has had; undefined when there is no suspended tenant of that key.
 * @throws {ConflictError} with the command to run, when it lacks any.
 * @throws {TenantUnavailableError} when it does not answer.
 */
export async function checkResumable(
  central: CentralClient,
  openPool: (tenant: TenantRow) => Promise<pg.Pool>,
  tenantKey: string,
): Promise<string | null | undefined> {
  const tenant = await central.tenant.findUnique({ where: { tenantKey, status: 'suspended' } });
  if (!tenant) return undefined;
  const { lacking, version } = await readSchema(openPool, tenant);
  if (lacking.length > 0) {
    const command = migrationCommand(tenantKey);
    throw new ConflictError({
      reason: 'NOT_MIGRATED',
      lacking,
      command,
      message: message('tenant.notMigrated', { tenantKey, count: lacking.length, command }),
    });
  }
  return version;
}

async function readSchema(
  openPool: (tenant: TenantRow) => Promise<pg.Pool>,
  tenant: TenantRow,
): Promise<TenantSchema> {
  try {
    const pool = await openPool(tenant);
    // Not awaited: who does not answer does not say good-bye either.
    return await readTenantSchema(pool).finally(() => void pool.end().catch(() => undefined));
  } catch (error) {
    if (error instanceof SecretsUnavailableError) throw new TenantUnavailableError({ cause: error });
    throw databaseFailure(error) ?? error;
  }
}
