import { endsWithin } from '../concurrency/ends-within.ts';
import type { Logger } from '../logging/logger.ts';
import { createApiProcess } from '../tenancy/api-processes.ts';
import type { Fleet } from '../tenancy/fleet/open-fleet.ts';
import { createPlatform, type Platform } from '../tenancy/platform/platform.ts';
import {
  createProvisioningWorker,
  type ProvisioningWorker,
} from '../tenancy/platform/provisioning-worker.ts';
import { createTenantEntries, type TenantEntries } from '../tenancy/platform/tenant-entries.ts';
import { createFirstPasswordSweep } from '../tenancy/provisioning/first-passwords.ts';
import { tenantTarget } from '../tenancy/tenant.ts';
import type { ServedTenants } from './tenants.ts';

/** The managers' side of the tenants, and the background work. */
export interface PlatformParts {
  readonly platform: Platform;
  readonly provisioning: ProvisioningWorker;
  readonly entries: TenantEntries;
  /** Says that this process is there, so that all share the servers' connections. */
  announce(): Promise<void>;
  /** Starts to complete the work that waits in the central database. */
  start(): void;
  /** Waits for work under way, but no longer than the given time: another process can go on with it. */
  close(drainMilliseconds: number): Promise<void>;
}

/** Creates the platform over the tenants that this process serves. */
export function createPlatformParts(
  { tools }: Fleet,
  { access, connections }: ServedTenants,
  logger: Logger,
): PlatformParts {
  const apiProcess = createApiProcess(tools.central, (processes) => connections.share(processes), logger);
  const firstPasswords = createFirstPasswordSweep(tools, logger);
  const provisioning = createProvisioningWorker(tools, logger);
  const entries = createTenantEntries(tools.central, access, logger);
  const work = { provisioning, entries, firstPasswords, apiProcess };
  return {
    platform: createPlatform({
      tools,
      entries,
      openPool: async (tenant) =>
        connections.createPool(await tenantTarget(tenant, tools.secrets), tools.limitsOf(tenant)),
      worker: provisioning,
      invalidateManagers: tools.invalidateManagers,
      logger,
    }),
    provisioning,
    entries,
    announce: () => apiProcess.start(),
    start() {
      provisioning.start();
      firstPasswords.start();
      entries.start();
    },
    async close(drainMilliseconds) {
      await Promise.all(
        Object.entries(work).map(async ([name, part]) => {
          if (await endsWithin(drainMilliseconds, part.close())) return;
          logger.warn({ part: name }, 'Work that another process can go on with was cut off');
        }),
      );
    },
  };
}
