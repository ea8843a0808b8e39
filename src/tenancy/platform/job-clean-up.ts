import { recordManagerAudit } from '../../audit/manager-audit.ts';
import { holdManagerSession } from '../../auth/sessions/hold-session.ts';
import type { Actor } from '../../auth/viewer.ts';
import type { CentralClient } from '../../db/central-client.ts';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { ConflictError, message, NotFoundError } from '../../errors/index.ts';
import type { ProvisioningJob } from '../../generated/central/client.ts';
import { inState, type JobStateRow, jobState, notFailed } from './job-state.ts';

/** The statuses of tenants that have not been in service. */
const unfinished = ['provisioning', 'failed'] as const satisfies string[];

type Job = Pick<ProvisioningJob, 'tenantKey' | 'createdAt'>;

/**
 * Schedules the removal of a failed job's leftovers, by any process that may create and drop databases.
 * @returns the job; one that has been cleaned up already stays as it is.
 * @throws {NotFoundError} when there is no such job.
 * @throws {ConflictError} when it has not failed, is being cleaned up, or its tenant has been in service since.
 */
export async function cleanUpJob(
  central: CentralClient,
  actor: Actor,
  jobId: string,
): Promise<ProvisioningJob> {
  const found = await central.provisioningJob.findUnique({ where: { id: jobId } });
  if (!found) throw new NotFoundError('ProvisioningJob');
  const { tenantKey } = found;
  return central.$transaction(async (transaction) => {
    await holdManagerSession(transaction, actor);
    const { count } = await transaction.provisioningJob.updateMany({
      where: { ...inState('failed'), id: jobId },
      data: { cleanUpRequestedAt: new Date(), cleanUpRequestedBy: actor.viewer.userId },
    });
    const job = await transaction.provisioningJob.findUniqueOrThrow({ where: { id: jobId } });
    if (count === 0) return endedAlready(job);
    await assertNotInService(transaction, job);
    await recordManagerAudit(
      transaction,
      actor,
      { action: 'tenant.clean_up_provisioning', entityType: 'ProvisioningJob', entityId: jobId },
      tenantKey,
    );
    return job;
  });
}

function endedAlready(job: ProvisioningJob): ProvisioningJob {
  const state = jobState(job);
  if (state === 'cleaned_up') return job;
  if (state !== 'cleaning_up') throw notFailed(job);
  throw new ConflictError({
    reason: 'WRONG_STATE',
    status: state,
    message: message('tenant.beingCleanedUp', { tenantKey: job.tenantKey }),
  });
}

/** Whoever removes the tenant asks again: a script may finish it meanwhile. */
async function assertNotInService(central: CentralDatabase, job: Job): Promise<void> {
  const { tenantKey, createdAt } = job;
  const tenant = await central.tenant.findUnique({
    where: { tenantKey, createdAt: { lte: createdAt }, status: { notIn: unfinished } },
    select: { status: true },
  });
  if (!tenant) return;
  const { status } = tenant;
  throw new ConflictError({
    reason: 'WRONG_STATE',
    status,
    message: message('tenant.isInStatus', { tenantKey, status: message(`status.${status}`) }),
  });
}

/** Returns for each job, in their order, whether {@link cleanUpJob} would accept it. */
export async function canCleanUp(
  central: CentralDatabase,
  jobs: readonly (Job & JobStateRow)[],
): Promise<boolean[]> {
  const failed = jobs.filter((job) => jobState(job) === 'failed').map(({ tenantKey }) => tenantKey);
  const rows = await central.tenant.findMany({
    where: { tenantKey: { in: failed }, status: { notIn: unfinished } },
    select: { tenantKey: true, createdAt: true },
  });
  const servedSince = new Map(rows.map(({ tenantKey, createdAt }) => [tenantKey, createdAt]));
  return jobs.map((job) => {
    const since = servedSince.get(job.tenantKey);
    return jobState(job) === 'failed' && (since === undefined || since > job.createdAt);
  });
}

/**
 * Returns whether the job's tenant has been removed and its key belongs to a later one. A job is recorded in the transaction
 * that registers its tenant, and after it.
 */
export async function isReplaced(central: CentralDatabase, { tenantKey, createdAt }: Job): Promise<boolean> {
  const later = await central.tenant.count({ where: { tenantKey, createdAt: { gt: createdAt } } });
  return later > 0;
}
