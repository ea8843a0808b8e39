import { ConflictError, message } from '../../errors/index.ts';
import type { Prisma, ProvisioningJob, ProvisioningJobStatus } from '../../generated/central/client.ts';

/** The progress of a job, or of its clean-up. */
export type JobState = ProvisioningJobStatus | 'cleaning_up' | 'cleaned_up';

/** The columns that determine a job's state. */
export type JobStateRow = Pick<ProvisioningJob, 'status' | 'cleanUpRequestedAt' | 'cleanedUpAt'>;

/** The state of a job. Only a failed one is cleaned up. */
export function jobState({ status, cleanUpRequestedAt, cleanedUpAt }: JobStateRow): JobState {
  if (status !== 'failed') return status;
  if (cleanedUpAt !== null) return 'cleaned_up';
  return cleanUpRequestedAt === null ? 'failed' : 'cleaning_up';
}

/** The condition for jobs in that state. */
export function inState(state: JobState): Prisma.ProvisioningJobWhereInput {
  switch (state) {
    case 'failed':
      return { status: 'failed', cleanUpRequestedAt: null, cleanedUpAt: null };
    case 'cleaning_up':
      return { status: 'failed', cleanUpRequestedAt: { not: null }, cleanedUpAt: null };
    case 'cleaned_up':
      return { status: 'failed', cleanedUpAt: { not: null } };
    default:
      return { status: state };
  }
}

/** The refusal of what only a failed job allows. */
export function notFailed(job: JobStateRow): ConflictError {
  const state = jobState(job);
  return new ConflictError({
    reason: 'WRONG_STATE',
    status: state,
    message: message('tenant.jobNotFailed', { status: message(`status.${state}`) }),
  });
}
