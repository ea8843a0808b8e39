import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { type AuditChanges, changesBetween } from '../../auth/audit/audit-entry.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import { databaseFailure } from '../../db/database-errors.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import type { TenantClient } from '../../db/tenant-client.ts';
import { changeLimits } from '../../db/turns.ts';
import type { TenantEntry } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Tenant } from '../tenant.ts';
import { assertServed, type TenantAccess } from '../tenant-access.ts';

/**
 * Managers' entries into tenants, which are recorded in two databases: the central audit log, and the tenant's own,
 * where its people can read it. No transaction spans them, and neither waits in the middle of the other's. An entry is
 * written down as one to be recorded first, then recorded in the tenant's log, then in the central one. What is cut
 * off in between, some process completes.
 */
export interface TenantEntries {
  /**
   * Records that a manager enters a tenant, in both logs.
   * @throws {TenantNotFoundError} when there is no such tenant.
   * @throws {TenantSuspendedError} when it is suspended.
   * @throws {TenantUnavailableError} when its database does not answer: neither log has a record then or, when nobody
   * knows what became of the tenant's, both will.
   */
  record(actor: Actor, tenantKey: string, reason: string): Promise<void>;
  /** Completes the entries that were cut off, as far as their tenants' databases answer; what goes wrong is logged. */
  complete(): Promise<void>;
  /** Completes entries now and from time to time, until it is closed. */
  start(): void;
  /** Waits for what is being completed. */
  close(): Promise<void>;
}

/** An entry that was cut off waits no longer than this for its records, if both databases answer. */
const lookIntervalMilliseconds = 10_000;

/** So many are tried at a time, those of longest ago first; the others' turn comes with the next look. */
const entriesAtOnce = 100;
const concurrency = 4;

/** Records that come later than this after the entry say when that was. */
const lateMilliseconds = 60_000;

/** Makes the entries of managers into tenants. */
export function createTenantEntries(
  central: CentralClient,
  tenants: TenantAccess,
  logger: Logger,
): TenantEntries {
  let round: Promise<void> | null = null;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;

  async function inTenant(tenant: Tenant, work: (db: TenantClient) => Promise<void>): Promise<void> {
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
      // A suspended tenant's log is written too; one that has no database any more is waited for.
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
      const tenant = await tenants.find(tenantKey);
      assertServed(tenant);
      await inTenant(tenant, async (db) => {
        const entry = await announce(central, actor, tenantKey, reason);
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

/** Writes down that the entry is to be recorded. A central log that takes no record is found out now, before the tenant's has one. */
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

/** Records the entry in the tenant's log. When that has surely failed, the entry is not to be recorded any more. */
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
    // Of a commit whose answer is lost nobody knows whether it has happened: then both logs will have a record.
    if (!committing) {
      await central.tenantEntry
        .deleteMany({ where: { id: entry.id } })
        .catch((err: unknown) =>
          logger.warn({ err, entryId: entry.id }, 'A manager’s entry that failed will be recorded'),
        );
    }
    throw databaseFailure(error) ?? error;
  }
}

/** @param onWritten is called before the record is committed. */
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

/** Records the entry in the central log, and has it no longer to be recorded. */
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

/** What both logs say of an entry. */
function recordOf(entry: TenantEntry) {
  const { id, managerId, managerUsername, requestId, address, reason, createdAt } = entry;
  const isLate = Date.now() - createdAt.getTime() > lateMilliseconds;
  const changes: AuditChanges = changesBetween(null, { reason, ...(isLate ? { askedAt: createdAt } : {}) });
  const what = { action: 'tenant.enter', entityType: 'Tenant', changes };
  return { id, managerId, managerUsername, requestId, address, ...what };
}
