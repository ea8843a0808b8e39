import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import {
  type AuditChanges,
  changesBetween,
  type ManagerAuditEntry,
  type TenantAuditEntry,
} from '../../audit/audit-entry.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { databaseFailure } from '../../db/database-errors.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { changeLimits } from '../../db/identity-lock.ts';
import type { TenantClient } from '../../db/tenant-client.ts';
import { reasonSchema } from '../../db/text.ts';
import { parseInput } from '../../errors/index.ts';
import type { TenantEntry } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import { outdatedSchemaFailure } from '../outdated-schema.ts';
import type { DirectoryTenant } from '../tenant.ts';
import { assertServed, type TenantAccess } from '../tenant-access.ts';

/**
 * Managers' entries into tenants. Each is recorded in two databases: in the central audit log, and in the tenant's
 * own, where its people can read it. No transaction spans both, and neither waits in the middle of the other. An entry
 * is first stored as pending, then recorded in the tenant's log, then in the central one. If it is interrupted in
 * between, some process completes it later.
 */
export interface TenantEntries {
  /**
   * Records in both logs that a manager enters a tenant.
   * @param reason why; 1 to 500 characters.
   * @throws {ValidationFailedError} for a reason that is none.
   * @throws {TenantNotFoundError} when there is no such tenant.
   * @throws {TenantSuspendedError} when it is suspended.
   * @throws {TenantUnavailableError} when its database does not answer. Neither log has a record then; or both will
   * have one, when it is unknown whether the tenant's was committed.
   */
  record(actor: Actor, tenantKey: string, reason: string): Promise<void>;
  /** Completes interrupted entries, as far as their tenants' databases answer; failures are logged. */
  complete(): Promise<void>;
  /** Completes entries now and at intervals, until closed. */
  start(): void;
  /** Waits for entries that are being completed. */
  close(): Promise<void>;
}

/** An interrupted entry waits no longer than this for its records, if both databases answer. */
const lookIntervalMilliseconds = 10_000;

/** Entries per round, those tried longest ago first; the others follow in the next rounds. */
const entriesAtOnce = 100;
const concurrency = 4;

/** Records written later than this after the entry also state when it was requested. */
const lateMilliseconds = 60_000;

/** Creates the recorder of managers' entries into tenants. */
export function createTenantEntries(
  central: CentralClient,
  tenants: TenantAccess,
  logger: Logger,
): TenantEntries {
  let round: Promise<void> | null = null;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;

  async function inTenant(
    tenant: Pick<DirectoryTenant, 'tenantKey'>,
    work: (db: TenantClient) => Promise<void>,
  ): Promise<void> {
    const lease = await tenants.lease(tenant);
    try {
      await work(lease.client);
    } finally {
      lease.release();
    }
  }

  async function completeOne(entry: TenantEntry): Promise<void> {
    const { id, tenantKey } = entry;
    try {
      await central.tenantEntry.updateMany({ where: { id }, data: { attemptedAt: new Date() } });
      // Suspended tenants' logs are written, too; an entry into a tenant without a database stays pending.
      const tenant = await tenants.find(tenantKey);
      if (!tenant) return;
      await inTenant(tenant, (db) => writeToTenant(db, entry));
      await writeToCentral(central, entry);
      logger.info({ entryId: id, tenantKey }, 'A manager’s entry that was cut off is in both audit logs now');
    } catch (error) {
      logger.warn({ err: error, entryId: id, tenantKey }, 'A manager’s entry can’t be recorded right now');
    }
  }

  async function completeAll(): Promise<void> {
    try {
      const entries = await central.tenantEntry.findMany({
        orderBy: [{ attemptedAt: { sort: 'asc', nulls: 'first' } }, { createdAt: 'asc' }],
        take: entriesAtOnce,
      });
      await pMap(entries, (entry) => (closing ? undefined : completeOne(entry)), { concurrency });
    } catch (error) {
      logger.warn({ err: error }, 'Managers’ entries can’t be completed right now');
    } finally {
      round = null;
    }
  }

  function complete(): Promise<void> {
    if (closing) return Promise.resolve();
    round ??= completeAll();
    return round;
  }

  return {
    async record(actor, tenantKey, reason) {
      const why = parseInput(reasonSchema, reason, ['reason']);
      const tenant = await tenants.find(tenantKey);
      assertServed(tenant);
      await inTenant(tenant, async (db) => {
        const entry = await announce(central, actor, tenantKey, why);
        await recordInTenant(central, db, entry, logger);
        await writeToCentral(central, entry);
      });
    },
    complete,
    start() {
      void complete();
      timer ??= setInterval(() => void complete(), lookIntervalMilliseconds);
      timer.unref();
    },
    async close() {
      closing = true;
      clearInterval(timer);
      await round;
    },
  };
}

/** Stores the entry as pending. If the central log takes no record, this fails before the tenant's log has one. */
function announce(
  central: CentralClient,
  actor: Actor,
  tenantKey: string,
  reason: string,
): Promise<TenantEntry> {
  const { viewer, requestId, address } = actor;
  return central.$transaction(async (transaction) => {
    await holdManagerSession(transaction, actor);
    const entry = await transaction.tenantEntry.create({
      data: {
        id: randomUUID(),
        tenantKey,
        managerId: viewer.userId,
        managerUsername: viewer.username,
        reason,
        requestId,
        address,
      },
    });
    await transaction.$executeRaw`SAVEPOINT rehearsal`;
    await insertCentralRecord(transaction, entry);
    await transaction.$executeRaw`ROLLBACK TO SAVEPOINT rehearsal`;
    return entry;
  }, changeLimits);
}

/** Records the entry in the tenant's log. If that has certainly failed, the entry is no longer pending. */
async function recordInTenant(
  central: CentralClient,
  db: TenantClient,
  entry: TenantEntry,
  logger: Logger,
): Promise<void> {
  let committing = false;
  try {
    await writeToTenant(db, entry, () => {
      committing = true;
    });
  } catch (error) {
    // If a commit's answer is lost, nobody knows whether it happened: the entry stays pending, and both logs get it.
    if (!committing) {
      await central.tenantEntry
        .deleteMany({ where: { id: entry.id } })
        .catch((err: unknown) =>
          logger.warn({ err, entryId: entry.id }, 'A manager’s entry that failed will be recorded'),
        );
    }
    throw databaseFailure(error) ?? outdatedSchemaFailure(error, entry.tenantKey) ?? error;
  }
}

/** @param onWritten called before the record is committed. */
async function writeToTenant(
  db: TenantClient,
  entry: TenantEntry,
  onWritten: () => void = () => {},
): Promise<void> {
  await db.$transaction(async (transaction) => {
    await transaction.auditRecord.createMany({ data: recordOf(entry), skipDuplicates: true });
    onWritten();
  }, changeLimits);
}

/** Records the entry in the central log; it is no longer pending then. */
async function writeToCentral(central: CentralClient, entry: TenantEntry): Promise<void> {
  await central.$transaction(async (transaction) => {
    await insertCentralRecord(transaction, entry);
    await transaction.tenantEntry.deleteMany({ where: { id: entry.id } });
  }, changeLimits);
}

async function insertCentralRecord(central: CentralDatabase, entry: TenantEntry): Promise<void> {
  const { tenantKey } = entry;
  await central.auditRecord.createMany({
    data: { ...recordOf(entry), entityId: tenantKey, tenantKey },
    skipDuplicates: true,
  });
}

/** The part of the record that is the same in both logs. */
function recordOf(entry: TenantEntry) {
  const { id, managerId, managerUsername, requestId, address, reason, createdAt } = entry;
  const isLate = Date.now() - createdAt.getTime() > lateMilliseconds;
  const changes: AuditChanges = changesBetween(null, { reason, ...(isLate ? { askedAt: createdAt } : {}) });
  const what = { action: 'tenant.enter', entityType: 'Tenant', changes } as const satisfies Partial<
    TenantAuditEntry & ManagerAuditEntry
  >;
  return { id, managerId, managerUsername, requestId, address, ...what };
}
