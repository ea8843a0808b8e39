import { ProvisioningJobStatus as jobStatuses } from '../../generated/central/enums.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costsStatement, countsAs } from '../../graphql/costs.ts';
import type { JobRow } from '../../tenancy/platform/job-list.ts';
import { jobState } from '../../tenancy/platform/job-state.ts';
import { provisioningSteps } from '../../tenancy/provisioning/provision-tenant.ts';
import { ManagerType } from '../managers/manager.type.ts';

export const ProvisioningJobStatus = builder.enumType('ProvisioningJobStatus', {
  description: 'The status of a provisioning job.',
  values: {
    QUEUED: { value: jobStatuses.queued, description: 'Waits for a process to begin.' },
    RUNNING: { value: jobStatuses.running, description: 'Under way.' },
    SUCCEEDED: { value: jobStatuses.succeeded, description: 'The tenant is in service.' },
    FAILED: {
      value: jobStatuses.failed,
      description: 'A step failed; `resumeProvisioning` tries again, and `cleanUpProvisioning` gives it up.',
    },
    CLEANING_UP: { value: 'cleaning_up', description: 'What it has made is being removed.' },
    CLEANED_UP: { value: 'cleaned_up', description: 'What it had made has been removed.' },
  },
});

/** A step of a job. */
interface JobStep {
  readonly name: string;
  readonly isDone: boolean;
}

const ProvisioningStepType = builder.objectRef<JobStep>('ProvisioningStep').implement({
  description: 'One step of provisioning a tenant.',
  authScopes: { manager: true },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The step’s name, e.g. `create-database`.' }),
    isDone: t.exposeBoolean('isDone', { description: 'Whether it has finished.' }),
  }),
});

export const ProvisioningJobType = builder.loadableNode('ProvisioningJob', {
  extensions: fromOutside,
  description:
    'The provisioning of a tenant. Another process continues it if the one working on it dies. Only for managers.',
  id: { resolve: ({ id }: JobRow) => id, description: 'The global id.' },
  authScopes: { manager: true },
  // Async, because a loader has to reject where `platform` throws.
  load: async (ids: string[], { platform }) => platform.jobs.load(ids),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    tenantKey: t.exposeString('tenantKey', { description: 'The key of the tenant.' }),
    status: t.field({
      type: ProvisioningJobStatus,
      description: 'How far it is.',
      resolve: (job) => jobState(job),
    }),
    step: t.exposeString('step', { nullable: true, description: 'The last step that has finished.' }),
    steps: t.field({
      type: [ProvisioningStepType],
      description: 'All steps in order. After an interruption, they are repeated from the first.',
      extensions: countsAs(provisioningSteps.length),
      resolve: ({ step }) => {
        const names: readonly (string | null)[] = provisioningSteps;
        const done = names.indexOf(step);
        return provisioningSteps.map((name, index) => ({ name, isDone: index <= done }));
      },
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why it failed, or could not be cleaned up; null while it has not.',
    }),
    canCleanUp: t.loadable({
      type: 'Boolean',
      description:
        'Whether `cleanUpProvisioning` would remove what it has made: it has failed, and nothing has put its tenant into service since.',
      load: async (jobs: JobRow[], { platform }) => platform.jobs.canCleanUp(jobs),
      resolve: (job) => job,
    }),
    manager: t.field({
      type: ManagerType,
      nullable: true,
      extensions: costsStatement(),
      description: 'Who asked for the tenant.',
      resolve: ({ managerId }) => managerId,
    }),
    cleanUpRequestedBy: t.field({
      type: ManagerType,
      nullable: true,
      description: 'Who last asked to clean it up; null if nobody has.',
      resolve: ({ cleanUpRequestedBy }) => cleanUpRequestedBy,
    }),
    cleanedUpAt: t.expose('cleanedUpAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When what it had made was removed; null while it has not been.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the tenant was asked for.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the job last made progress.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it succeeded or failed; null while it is unfinished.',
    }),
  }),
});
