import type pg from 'pg';
import { listManagerAuditRecords, loadManagerAuditRecords } from '../../audit/manager-audit-log.ts';
import type { Passwords } from '../../auth/password-queue.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { AuditRecord, Prisma, ProvisioningJob, Tenant } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import type { ProvisioningTools } from '../provisioning/provision-tenant.ts';
import { canCleanUp, cleanUpJob } from './job-clean-up.ts';
import { type JobRow, listJobs, loadJobs } from './job-list.ts';
import { disableManager, enableManager } from './manager-access.ts';
import {
  createManagerFor,
  type ManagerCredentials,
  type ResetCredentials,
  resetOtherManagersPassword,
} from './manager-accounts.ts';
import { findManager, listManagers, loadManagers, type ManagerRow } from './managers.ts';
import { type RequestedTenant, requestTenant, resumeJob } from './provisioning-jobs.ts';
import type { ProvisioningWorker } from './provisioning-worker.ts';
import { checkResumable } from './resumption.ts';
import { countSeats } from './seats.ts';
import { resumeTenant, suspendTenant, updateTenant } from './tenant-changes.ts';
import {
  deleteTenantConfig,
  findTenantConfig,
  listTenantConfigs,
  setTenantConfig,
  type TenantConfigChange,
  type TenantConfigRow,
} from './tenant-configs.ts';
import type { TenantEntries } from './tenant-entries.ts';
import { listTenants, loadTenants, type ManagedTenant } from './tenants.ts';

/**
 * The managers' side of the platform: all that managers can see and do goes through here, and nothing here knows of
 * GraphQL. What it refuses names the fields of its own inputs; the modules know where those stand in an operation.
 */
export interface Platform {
  readonly managers: PlatformManagers;
  readonly tenants: PlatformTenants;
  readonly configs: PlatformConfigs;
  readonly jobs: PlatformJobs;
  readonly auditLog: PlatformList<AuditRecord, Prisma.AuditRecordWhereInput, Prisma.AuditRecordFindManyArgs>;
}

/** A list of rows, each known by a key. */
interface PlatformList<Row, Where, Args extends { where?: unknown; orderBy?: unknown; take?: unknown }> {
  /** The rows of those keys, in their order, with null for those that do not exist. */
  load(keys: readonly string[]): Promise<(Row | null)[]>;
  list(page: Pick<Args, 'where' | 'orderBy' | 'take'>): Promise<Row[]>;
  count(where: Where): Promise<number>;
}

/** The accounts of managers. See {@link disableManager} and its neighbours for what is refused. */
export interface PlatformManagers
  extends PlatformList<ManagerRow, Prisma.ManagerWhereInput, Prisma.ManagerFindManyArgs> {
  find(id: string): Promise<ManagerRow | null>;
  create(actor: Actor, input: object, passwords: Passwords): Promise<ManagerCredentials>;
  disable(actor: Actor, managerId: string, reason: string | null | undefined): Promise<ManagerRow>;
  enable(actor: Actor, managerId: string): Promise<ManagerRow>;
  resetPassword(actor: Actor, managerId: string, passwords: Passwords): Promise<ResetCredentials>;
}

/** The tenants, by their keys. See {@link updateTenant} and its neighbours for what is refused. */
export interface PlatformTenants
  extends PlatformList<ManagedTenant, Prisma.TenantWhereInput, Prisma.TenantFindManyArgs> {
  /** The number of taken seats of each tenant, asked of its own database; null where that does not answer. */
  countSeats(tenantKeys: readonly string[]): Promise<(number | null)[]>;
  update(
    actor: Actor,
    tenantKey: string,
    input: object,
    expectedUpdatedAt: Date | null | undefined,
  ): Promise<ManagedTenant>;
  suspend(actor: Actor, tenantKey: string, reason: string): Promise<ManagedTenant>;
  /** {@link resumeTenant}, when {@link checkResumable} has nothing against it. */
  resume(actor: Actor, tenantKey: string): Promise<ManagedTenant>;
  /** See {@link TenantEntries.record}. */
  enter(actor: Actor, tenantKey: string, reason: string): Promise<void>;
}

/** The settings of tenants. See {@link setTenantConfig} and its neighbours for what is refused. */
export interface PlatformConfigs {
  list(tenantKey: string): Promise<TenantConfigRow[]>;
  find(tenantKey: string, key: string): Promise<TenantConfigRow | null>;
  set(
    actor: Actor,
    tenantKey: string,
    key: string,
    change: TenantConfigChange,
  ): Promise<TenantConfigRow | null>;
  /** @returns the key as it is stored. */
  delete(actor: Actor, tenantKey: string, key: string): Promise<string>;
}

/** The making of tenants. Whatever is asked for begins right away. */
export interface PlatformJobs
  extends PlatformList<JobRow, Prisma.ProvisioningJobWhereInput, Prisma.ProvisioningJobFindManyArgs> {
  /** See {@link canCleanUp}. */
  canCleanUp(jobs: readonly JobRow[]): Promise<boolean[]>;
  /** See {@link requestTenant}. */
  request(actor: Actor, input: object): Promise<RequestedTenant>;
  /** See {@link resumeJob}. */
  resume(actor: Actor, jobId: string): Promise<ProvisioningJob>;
  /** See {@link cleanUpJob}. */
  cleanUp(actor: Actor, jobId: string): Promise<ProvisioningJob>;
}

/** The parts of a platform. */
export interface PlatformParts {
  readonly tools: ProvisioningTools;
  readonly entries: TenantEntries;
  /** Opens a pool on a tenant's database, under the budget of all of them. */
  readonly openPool: (tenant: Tenant) => Promise<pg.Pool>;
  readonly worker: ProvisioningWorker;
  /** Invalidates every process's cached sessions of managers. */
  readonly invalidateManagers: () => Promise<void>;
  readonly logger: Logger;
}

/** Creates the managers' side of the platform. */
export function createPlatform(parts: PlatformParts): Platform {
  const { central } = parts.tools;
  return {
    managers: createManagers(parts),
    tenants: createTenants(parts),
    configs: createConfigs(parts),
    jobs: createJobs(parts),
    auditLog: {
      load: (ids) => loadManagerAuditRecords(central, ids),
      list: (page) => listManagerAuditRecords(central, page),
      count: (where) => central.auditRecord.count({ where }),
    },
  };
}

function createManagers({ tools, invalidateManagers }: PlatformParts): PlatformManagers {
  const { central, production } = tools;
  const managers = { central, invalidateManagers };
  return {
    load: (ids) => loadManagers(central, ids),
    list: (page) => listManagers(central, page),
    count: (where) => central.manager.count({ where }),
    find: (id) => findManager(central, id),
    create: (actor, input, passwords) =>
      createManagerFor(managers, actor, input, passwords, production === true),
    disable: (actor, managerId, reason) => disableManager(managers, actor, managerId, reason),
    enable: (actor, managerId) => enableManager(managers, actor, managerId),
    resetPassword: (actor, managerId, passwords) =>
      resetOtherManagersPassword(managers, actor, managerId, passwords),
  };
}

function createTenants({ tools, entries, openPool, logger }: PlatformParts): PlatformTenants {
  const { central } = tools;
  return {
    load: (tenantKeys) => loadTenants(central, tenantKeys),
    list: (page) => listTenants(central, page),
    count: (where) => central.tenant.count({ where }),
    async countSeats(tenantKeys) {
      const rows = await central.tenant.findMany({ where: { tenantKey: { in: [...tenantKeys] } } });
      const seats = await countSeats(rows, openPool, (tenantKey, error) =>
        logger.warn({ err: error, tenantKey }, 'The seats of a tenant could not be counted'),
      );
      return tenantKeys.map((tenantKey) => seats.get(tenantKey) ?? null);
    },
    update: (actor, tenantKey, input, expectedUpdatedAt) =>
      updateTenant(tools, actor, tenantKey, input, expectedUpdatedAt),
    suspend: (actor, tenantKey, reason) => suspendTenant(tools, actor, tenantKey, reason),
    async resume(actor, tenantKey) {
      const schemaVersion = await checkResumable(central, openPool, tenantKey);
      return resumeTenant(tools, actor, tenantKey, schemaVersion);
    },
    enter: (actor, tenantKey, reason) => entries.record(actor, tenantKey, reason),
  };
}

function createConfigs({ tools }: PlatformParts): PlatformConfigs {
  const { central } = tools;
  return {
    list: (tenantKey) => listTenantConfigs(central, tenantKey),
    find: (tenantKey, key) => findTenantConfig(central, tenantKey, key),
    set: (actor, tenantKey, key, change) => setTenantConfig(tools, actor, tenantKey, key, change),
    delete: (actor, tenantKey, key) => deleteTenantConfig(tools, actor, tenantKey, key),
  };
}

function createJobs({ tools, worker }: PlatformParts): PlatformJobs {
  const { central } = tools;
  const begin = <T>(accepted: T): T => {
    void worker.work();
    return accepted;
  };
  return {
    load: (ids) => loadJobs(central, ids),
    list: (page) => listJobs(central, page),
    count: (where) => central.provisioningJob.count({ where }),
    canCleanUp: (jobs) => canCleanUp(central, jobs),
    request: async (actor, input) => begin(await requestTenant(tools, actor, input)),
    resume: async (actor, jobId) => begin(await resumeJob(central, actor, jobId)),
    cleanUp: async (actor, jobId) => begin(await cleanUpJob(central, actor, jobId)),
  };
}
