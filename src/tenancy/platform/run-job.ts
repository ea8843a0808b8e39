import { isDatabaseUnavailable } from '../../db/database-errors.ts';
import type { Prisma, ProvisioningJob } from '../../generated/central/client.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Operator } from '../operator.ts';
import {
  type ProvisioningStep,
  type ProvisioningTools,
  provisionTenant,
  removeUnfinishedTenant,
} from '../provisioning/provision-tenant.ts';
import { ProvisioningError, ProvisioningUnderWayError } from '../provisioning/provisioning-error.ts';
import { isReplaced } from './job-clean-up.ts';
import { inState, jobState } from './job-state.ts';

/** The process stops, and leaves the job to another. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/**
 * Does what an unfinished job is there for: makes its tenant, or removes what is there of it. A failure is recorded.
 * @param onStep hears of each finished step once it is recorded, and is awaited; a {@link StoppedError} of its leaves the
 * job unfinished.
 * @throws when the central database is away: the job stays unfinished, too.
 */
export async function runJob(
  tools: ProvisioningTools,
  logger: Logger,
  job: ProvisioningJob,
  onStep: (step: ProvisioningStep) => Promise<void>,
): Promise<void> {
  try {
    await (jobState(job) === 'cleaning_up' ? cleanUp(tools, job) : makeTenant(tools, job, onStep));
  } catch (error) {
    await fail(tools, logger, job, error);
  }
}

async function makeTenant(
  tools: ProvisioningTools,
  { id, tenantKey, managerId }: ProvisioningJob,
  onStep: (step: ProvisioningStep) => Promise<void>,
): Promise<void> {
  const update = (data: Prisma.ProvisioningJobUpdateInput) => updateJob(tools, id, data);
  // What the tenant is to be stands in its record since the job was asked for, and may have been changed since.
  const tenant = await tools.central.tenant.findUnique({
    where: { tenantKey },
    select: { companyName: true },
  });
  if (!tenant) throw new ProvisioningError(`Tenant ${tenantKey} was removed before it was finished.`);
  await update({ status: 'running' });
  await provisionTenant(
    { ...tools, operator: await operatorFor(tools, id, managerId) },
    { tenantKey, companyName: tenant.companyName },
    async (step) => {
      await update({ step });
      await onStep(step);
    },
  );
  await update({ status: 'succeeded', step: 'activate', error: null, finishedAt: new Date() });
}

async function cleanUp(tools: ProvisioningTools, job: ProvisioningJob): Promise<void> {
  const { id, tenantKey, managerId, cleanUpRequestedBy } = job;
  if (!(await isReplaced(tools.central, job))) {
    const operator = await operatorFor(tools, id, cleanUpRequestedBy ?? managerId);
    await removeUnfinishedTenant({ ...tools, operator }, tenantKey);
  }
  // Whoever removes a tenant marks its jobs in the same transaction; what is left are jobs whose tenant was gone already.
  await tools.central.provisioningJob.updateMany({
    where: { ...inState('cleaning_up'), id },
    data: { cleanedUpAt: new Date(), cleanUpRequestedAt: null, step: null },
  });
}

async function operatorFor(
  { central }: ProvisioningTools,
  jobId: string,
  managerId: string,
): Promise<Operator> {
  const manager = await central.manager.findUnique({ where: { id: managerId }, select: { username: true } });
  return { kind: 'manager', id: managerId, username: manager?.username ?? managerId, jobId };
}

async function fail(
  tools: ProvisioningTools,
  logger: Logger,
  { id, tenantKey, finishedAt }: ProvisioningJob,
  error: unknown,
): Promise<void> {
  if (error instanceof StoppedError || error instanceof ProvisioningUnderWayError) return;
  const end = {
    status: 'failed',
    cleanUpRequestedAt: null,
    finishedAt: finishedAt ?? new Date(),
  } as const;
  if (error instanceof ProvisioningError) {
    logger.warn({ err: error, jobId: id, tenantKey }, 'A provisioning job failed');
    await updateJob(tools, id, { ...end, error: error.message });
    return;
  }
  if (isDatabaseUnavailable(error)) throw error;
  logger.error({ err: error, jobId: id, tenantKey }, 'A provisioning job failed unexpectedly');
  await updateJob(tools, id, { ...end, error: 'Something went wrong on our side; the log says what.' });
}

function updateJob({ central }: ProvisioningTools, id: string, data: Prisma.ProvisioningJobUpdateInput) {
  return central.provisioningJob.update({ where: { id }, data });
}
