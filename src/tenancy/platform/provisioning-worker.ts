import { withExclusiveLock } from '../../db/advisory-lock.ts';
import { readStanding } from '../../db/role-membership.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Logger } from '../../logging/logger.ts';
import type { ProvisioningStep, ProvisioningTools } from '../provisioning/provision-tenant.ts';
import { assertAdministrationIsProtected } from '../tenant-tls.ts';
import { inState } from './job-state.ts';
import { runJob, StoppedError } from './run-job.ts';

/**
 * The worker on provisioning jobs: it provisions the tenants that managers have asked for, and removes what failed jobs
 * have left when managers say so. Each process has one; a job that one dies with, another finishes.
 */
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

const waiting = { OR: [{ finishedAt: null }, inState('cleaning_up')] };

/**
 * Creates the worker. It does nothing before it is asked to.
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
      where: waiting,
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      select: { id: true },
    });
    if (jobs.length === 0 || !(await mayMakeTenants())) return;
    for (const { id } of jobs) {
      if (closing) return;
      // Held until the job's end is recorded, so that nobody takes up a job that has just failed.
      await withExclusiveLock(tools.centralDatabaseUrl, `provisioning-job:${id}`, async () => {
        const job = await central.provisioningJob.findUnique({ where: { ...waiting, id } });
        if (!job) return;
        await runJob(tools, logger, job, async (step) => {
          await onStep(job.tenantKey, step);
          if (closing) throw new StoppedError();
        });
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
