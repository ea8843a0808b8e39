import { z } from 'zod';
import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { assertMarkedFor } from '../../db/tenant-marker.ts';
import { poolable, withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import { forEachTenant } from '../fleet/for-each-tenant.ts';
import { tenantDatasource } from '../tenant.ts';
import { directAddress } from '../tenant-address.ts';
import {
  administratorConfigKey,
  administratorSecret,
  type FirstAdministrator,
  type KeptAdministrator,
  type PasswordEnd,
  passwordEndOf,
  readFirstAdministrator,
  readKeptAdministrator,
  withoutPassword,
} from './first-administrator.ts';
import { provisioningLock } from './provisioning-lock.ts';
import type { ProvisioningTools } from './provisioning-tools.ts';

/**
 * Reads the first administrator, with the password if it still opens the account. A password that was used or has
 * expired is removed on the way; none is returned while the tenant's database does not say whether it was used. The
 * caller has to hold the tenant's provisioning lock.
 */
export async function readFirstPassword(
  tools: ProvisioningTools,
  tenant: TenantRow,
): Promise<FirstAdministrator | null> {
  try {
    await forgetIfEnded(tools, tenant);
    return await readFirstAdministrator(tools.central, tools.secrets, tenant);
  } catch {
    const kept = await readKeptAdministrator(tools.central, tenant.id);
    return kept && withoutPassword(kept, tenant, 'unknown');
  }
}

/**
 * Removes the stored copy of every first password that was used or has expired, here and in Vault. The account's
 * password stays as it is: a chosen one remains valid, and a generated one expires together with its copy.
 * @param onFailure receives each tenant for which this can't be found out or done right now.
 * @param signal begins with no further tenant once it is aborted.
 */
export async function forgetFirstPasswords(
  tools: ProvisioningTools,
  onFailure: (tenantKey: string, error: unknown) => void = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const ids = await tenantsWithPassword(tools);
  await forEachTenant(
    { pageSize: tenantsPerPage, concurrency: tenantsAtOnce, ...(signal ? { signal } : {}) },
    (page) => tools.central.tenant.findMany({ ...page, where: { AND: [page.where, { id: { in: ids } }] } }),
    async (tenant) => {
      try {
        const kept = await readKeptAdministrator(tools.central, tenant.id);
        if (!kept || (await passwordEnd(tools, tenant, kept)) === null) return;
        // Checked again under the lock: provisioning may have set another password meanwhile.
        await withExclusiveLock(tools.centralDatabaseUrl, provisioningLock(tenant.tenantKey), () =>
          forgetIfEnded(tools, tenant),
        );
      } catch (error) {
        onFailure(tenant.tenantKey, error);
      }
    },
  );
}

const tenantsPerPage = 100;

/** A tenant whose database does not answer holds up one of these places. */
const tenantsAtOnce = 8;

/** A tenant can lock its own tables. It is asked again a minute later. */
const answerMilliseconds = 3_000;

/** Removes used and expired first passwords at intervals. */
export interface FirstPasswordSweep {
  /** Begins now, and continues until closed. */
  start(): void;
  close(): Promise<void>;
}

const sweepIntervalMilliseconds = 60_000;

/** Creates the sweep of this process. Of several processes, only one sweeps at a time. */
export function createFirstPasswordSweep(tools: ProvisioningTools, logger: Logger): FirstPasswordSweep {
  const closing = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let underWay = Promise.resolve();

  async function sweep(): Promise<void> {
    try {
      await withExclusiveLock(tools.centralDatabaseUrl, 'first-passwords', () =>
        forgetFirstPasswords(
          tools,
          (tenantKey, error) =>
            logger.warn({ err: error, tenantKey }, 'A tenant’s first password can’t be removed yet'),
          closing.signal,
        ),
      );
    } catch (error) {
      logger.warn({ err: error }, 'First passwords can’t be looked through right now');
    }
    if (closing.signal.aborted) return;
    timer = setTimeout(begin, sweepIntervalMilliseconds);
    timer.unref();
  }

  function begin(): void {
    underWay = sweep();
  }

  return {
    start: begin,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await underWay;
    },
  };
}

async function tenantsWithPassword({ central }: ProvisioningTools): Promise<number[]> {
  const rows = await central.$queryRaw`
    SELECT tenant_id AS id FROM tenant_configs
    WHERE config_key = ${administratorConfigKey} AND config_value ->> 'sealedPassword' IS NOT NULL`;
  return z
    .array(z.object({ id: z.int() }))
    .parse(rows)
    .map(({ id }) => id);
}

async function forgetIfEnded(tools: ProvisioningTools, tenant: TenantRow): Promise<void> {
  const kept = await readKeptAdministrator(tools.central, tenant.id);
  const ended = kept && (await passwordEnd(tools, tenant, kept));
  if (!ended) return;
  // Before the row is updated: a run that is interrupted here finds the reference again.
  await tools.secrets.remove(administratorSecret(tenant.tenantKey), kept.sealedPassword);
  await tools.central.$executeRaw`
    UPDATE tenant_configs
    SET config_value = config_value || jsonb_build_object('sealedPassword', NULL, 'passwordEnded', ${ended}::text)
    WHERE tenant_id = ${tenant.id} AND config_key = ${administratorConfigKey}`;
}

/** The reason to remove the tenant's first password; null while it is to be kept, or when it is gone already. */
async function passwordEnd(
  tools: ProvisioningTools,
  tenant: TenantRow,
  kept: KeptAdministrator,
): Promise<PasswordEnd | null> {
  if (kept.sealedPassword === null) return null;
  if (passwordEndOf(kept, tenant) <= new Date()) return 'expired';
  // Nobody can sign in to an unfinished tenant.
  if (tenant.status === 'provisioning' || tenant.status === 'failed') return null;
  return (await wasUsed(tools, tenant, kept)) ? 'used' : null;
}

/**
 * Returns whether the account has signed in, has another password by now, or is gone; then another account may have its
 * name. Records of earlier versions don't have the account's id: there it is the first one that has had the name.
 */
async function wasUsed(
  { secrets }: ProvisioningTools,
  tenant: TenantRow,
  { username, accountId }: KeptAdministrator,
): Promise<boolean> {
  const datasource = await tenantDatasource(tenant, secrets, directAddress(tenant));
  return withConnection(
    { ...datasource, ...poolable, query_timeout: answerMilliseconds },
    async (session) => {
      await assertMarkedFor(session, tenant);
      const { rows } = await session.query(
        `SELECT 1 FROM sys.users AS account
       WHERE username = $1 AND deleted_at IS NULL AND last_login_at IS NULL
         AND NOT EXISTS (SELECT FROM sys.password_history WHERE account_id = account.id)
         AND CASE WHEN $2::uuid IS NULL
           THEN NOT EXISTS (
             SELECT FROM sys.users AS earlier
             WHERE earlier.username = account.username AND earlier.created_at < account.created_at)
           ELSE account.id = $2::uuid END`,
        [username, accountId ?? null],
      );
      return rows.length === 0;
    },
  );
}
