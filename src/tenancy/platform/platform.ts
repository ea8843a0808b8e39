import type pg from 'pg';
import type { Passwords } from '../../auth/password-queue.ts';
import { isPublishedPassword } from '../../auth/published-passwords.ts';
import type { Actor } from '../../auth/viewer.ts';
import { message, parseInput, ValidationFailedError } from '../../errors/index.ts';
import type { ProvisioningJob, Tenant as TenantRow } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import type { ProvisioningTools } from '../provisioning/provision-tenant.ts';
import { cleanUpJob } from './job-clean-up.ts';
import { createManager, type ManagerCredentials, newManagerSchema } from './manager-accounts.ts';
import type { ManagerTools } from './manager-changes.ts';
import { type RequestedTenant, requestTenant, resumeJob } from './provisioning-jobs.ts';
import type { ProvisioningWorker } from './provisioning-worker.ts';
import { checkResumable } from './resumption.ts';
import { countSeats } from './seats.ts';
import type { TenantEntries } from './tenant-entries.ts';

/** What managers work with: all tenants, from above. */
export interface Platform extends ManagerTools {
  /** Makes every process look at the tenant anew: to be called after each change of its row. */
  invalidate(tenantKey: string): Promise<void>;
  /** How many seats of each tenant are taken, asked of its own database; null where that does not answer. */
  countSeats(tenantKeys: readonly string[]): Promise<(number | null)[]>;
  /** See {@link checkResumable}. */
  checkResumable(tenantKey: string): Promise<string | null | undefined>;
  /** See {@link TenantEntries.record}. */
  recordEntry(actor: Actor, tenantKey: string, reason: string): Promise<void>;
  /** {@link createManager} from an input to be checked. */
  createManager(actor: Actor, input: object, passwords: Passwords): Promise<ManagerCredentials>;
  /** {@link requestTenant}, and has it made right away. */
  requestTenant(actor: Actor, input: object): Promise<RequestedTenant>;
  /** {@link resumeJob}, and goes on with it right away. */
  resumeJob(actor: Actor, jobId: string): Promise<ProvisioningJob>;
  /** {@link cleanUpJob}, and begins with it right away. */
  cleanUpJob(actor: Actor, jobId: string): Promise<ProvisioningJob>;
}

/** What a platform is made of. */
export interface PlatformParts {
  readonly tools: ProvisioningTools;
  readonly entries: TenantEntries;
  /** Opens a pool on a tenant's database, under the budget of all of them. */
  readonly openPool: (tenant: TenantRow) => Promise<pg.Pool>;
  readonly worker: ProvisioningWorker;
  /** Has every process read the managers' sessions again. */
  readonly invalidateManagers: () => Promise<void>;
  readonly logger: Logger;
}

/** Creates the managers' side of the tenants. */
export function createPlatform({
  tools,
  entries,
  openPool,
  worker,
  invalidateManagers,
  logger,
}: PlatformParts): Platform {
  const { central } = tools;
  return {
    central,
    invalidateManagers,
    invalidate: tools.invalidate,
    async countSeats(tenantKeys) {
      const rows = await central.tenant.findMany({ where: { tenantKey: { in: [...tenantKeys] } } });
      const seats = await countSeats(rows, openPool, (tenantKey, error) =>
        logger.warn({ err: error, tenantKey }, 'The seats of a tenant could not be counted'),
      );
      return tenantKeys.map((tenantKey) => seats.get(tenantKey) ?? null);
    },
    checkResumable: (tenantKey) => checkResumable(central, openPool, tenantKey),
    recordEntry: (actor, tenantKey, reason) => entries.record(actor, tenantKey, reason),
    async createManager(actor, input, passwords) {
      const manager = parseInput(newManagerSchema, input, ['input']);
      if (tools.production && manager.password != null && isPublishedPassword(manager.password)) {
        throw new ValidationFailedError([
          { path: ['input', 'password'], message: message('password.common') },
        ]);
      }
      return createManager({ central, invalidateManagers }, manager, actor, passwords);
    },
    async requestTenant(actor, input) {
      const requested = await requestTenant(tools, actor, input);
      void worker.work();
      return requested;
    },
    async resumeJob(actor, jobId) {
      const job = await resumeJob(central, actor, jobId);
      void worker.work();
      return job;
    },
    async cleanUpJob(actor, jobId) {
      const job = await cleanUpJob(central, actor, jobId);
      void worker.work();
      return job;
    },
  };
}
