import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { isDatabaseUnavailable } from '../../db/database-errors.ts';
import { readStanding } from '../../db/role-membership.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Prisma, ProvisioningJob } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import {
  type ProvisioningStep,
  type ProvisioningTools,
  provisionTenant,
} from '../provisioning/provision-tenant.ts';
import { ProvisioningError, ProvisioningUnderWayError } from '../provisioning/provisioning-error.ts';
import { assertAdministrationIsProtected } from '../tenant-tls.ts';

/** Makes the tenants that managers have asked for. Each process has one; a job that one dies with, another finishes. */
export interface ProvisioningWorker {
  /**
   * Works on every unfinished job that no other process holds, one after the other. A process whose administrator may
   * not create roles and databases leaves the jobs to one whose administrator may.
   * @returns when there is none left for this process; what goes wrong is logged and recorded.
   */
  work(): Promise<void>;
  /** Looks for jobs now and from time to time, until it is closed. */
  start(): void;
  /** Stops between two steps of the job at hand, which any process can then go on with. */
  close(): Promise<void>;
}

/** A job whose process has died waits no longer than this for another. */
const lookIntervalMilliseconds = 10_000;

/** The process stops, and leaves the job to another. */
class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * Makes the worker. It does nothing before it is asked to.
 * @param onStep hears of each finished step once it is recorded, and is awaited.
 */
export function createProvisioningWorker(
  tools: ProvisioningTools,
  logger: Logger,
  onStep: (tenantKey: string, step: ProvisioningStep) => Promise<void> | void = () => {},
): ProvisioningWorker {
  const { central } = tools;
  let round: Promise<void> | null = null;
  let askedAgain = false;
  let closing = false;
  let saidThatJobsWait = false;
  let timer: NodeJS.Timeout | undefined;

  async function workUntilDone(): Promise<void> {
    try {
      do {
        askedAgain = false;
        await takeUnfinishedJobs();
      } while (askedAgain && !closing);
    } catch (error) {
      logger.warn({ err: error }, 'Provisioning jobs can’t be worked on right now');
    } finally {
      round = null;
    }
  }

  async function takeUnfinishedJobs(): Promise<void> {
    const jobs = await central.provisioningJob.findMany({
      where: { finishedAt: null },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      select: { id: true },
    });
    if (jobs.length === 0 || !(await mayMakeTenants())) return;
    for (const { id } of jobs) {
      if (closing) return;
      // Held until the job's end is recorded, so that nobody takes up a job that has just failed.
      await withExclusiveLock(tools.centralDatabaseUrl, `provisioning-job:${id}`, async () => {
        const job = await central.provisioningJob.findUnique({ where: { id, finishedAt: null } });
        if (job) await run(job);
      });
    }
  }

  async function mayMakeTenants(): Promise<boolean> {
    // On failure, the job itself finds out what is wrong, and reports it to whoever requested it.
    const may = await readAdministrator().then(
      ({ makesTenants }) => makesTenants,
      () => true,
    );
    if (!may && !saidThatJobsWait) {
      saidThatJobsWait = true;
      logger.info(
        'Provisioning jobs wait for a process whose TENANT_ADMIN_DATABASE_URL may make roles and databases',
      );
    }
    return may;
  }

  async function readAdministrator() {
    assertAdministrationIsProtected(tools.tenantAdminDatasource, tools.secrets);
    return withConnection(tools.tenantAdminDatasource, readStanding);
  }

  async function run({ id, tenantKey, managerId }: ProvisioningJob): Promise<void> {
    const update = (data: Prisma.ProvisioningJobUpdateInput) =>
      central.provisioningJob.update({ where: { id }, data });
    const fail = (error: string) => update({ status: 'failed', error, finishedAt: new Date() });

    // What the tenant is to be stands in its record since the job was asked for, and may have been changed since.
    const tenant = await central.tenant.findUnique({ where: { tenantKey }, select: { companyName: true } });
    if (!tenant) {
      await fail(`Tenant ${tenantKey} was removed before it was finished.`);
      return;
    }
    await update({ status: 'running' });
    const manager = await central.manager.findUnique({
      where: { id: managerId },
      select: { username: true },
    });
    const operator = {
      kind: 'manager',
      id: managerId,
      username: manager?.username ?? managerId,
      jobId: id,
    } as const;
    try {
      await provisionTenant(
        { ...tools, operator },
        { tenantKey, companyName: tenant.companyName },
        async (step) => {
          await update({ step });
          await onStep(tenantKey, step);
          if (closing) throw new StoppedError();
        },
      );
      await update({ status: 'succeeded', step: 'activate', error: null, finishedAt: new Date() });
    } catch (error) {
      if (error instanceof StoppedError || error instanceof ProvisioningUnderWayError) return;
      if (error instanceof ProvisioningError) {
        logger.warn({ err: error, jobId: id, tenantKey }, 'A tenant could not be provisioned');
        await fail(error.message);
        return;
      }
      // The central database is away: the job stays unfinished, and its turn comes again.
      if (isDatabaseUnavailable(error)) throw error;
      logger.error({ err: error, jobId: id, tenantKey }, 'A provisioning job failed unexpectedly');
      await fail('Something went wrong on our side; the log says what.');
    }
  }

  function work(): Promise<void> {
    if (closing) return Promise.resolve();
    if (round) askedAgain = true;
    else round = workUntilDone();
    return round ?? Promise.resolve();
  }

  return {
    work,
    start() {
      void work();
      timer ??= setInterval(() => void work(), lookIntervalMilliseconds);
      timer.unref();
    },
    async close() {
      closing = true;
      clearInterval(timer);
      await round;
    },
  };
}
