import { ProvisioningJobStatus as jobStatuses } from '../../generated/central/enums.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costsStatement, countsAs } from '../../graphql/costs.ts';
import { provisioningSteps } from '../../tenancy/provisioning/provision-tenant.ts';
import { ManagerType } from '../managers/manager.type.ts';
import { loadJobs, type ProvisioningJobRow } from './provisioning-job.service.ts';

export const ProvisioningJobStatus = builder.enumType('ProvisioningJobStatus', {
  description: 'How far the making of a tenant is.',
  values: {
    QUEUED: { value: jobStatuses.queued, description: 'Waits for a process to begin.' },
    RUNNING: { value: jobStatuses.running, description: 'Under way.' },
    SUCCEEDED: { value: jobStatuses.succeeded, description: 'The tenant is in service.' },
    FAILED: { value: jobStatuses.failed, description: 'A step failed; `resumeProvisioning` tries again.' },
  },
});

/** A step of a job. */
interface JobStep {
  readonly name: string;
  readonly isDone: boolean;
}

const ProvisioningStepType = builder.objectRef<JobStep>('ProvisioningStep').implement({
  description: 'One step of making a tenant.',
  authScopes: { manager: true },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The step’s name, e.g. `create-database`.' }),
    isDone: t.exposeBoolean('isDone', { description: 'Whether it has finished.' }),
  }),
});

export const ProvisioningJobType = builder.loadableNode('ProvisioningJob', {
  extensions: fromOutside,
  description:
    'The making of a tenant. It goes on when the process that works on it dies. Only for managers.',
  id: { resolve: ({ id }: ProvisioningJobRow) => id, description: 'The global id.' },
  authScopes: { manager: true },
  // Async, because a loader has to reject where `platform` throws.
  load: async (ids: string[], { platform }) => loadJobs(platform.central, ids),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    tenantKey: t.exposeString('tenantKey', { description: 'The key of the tenant.' }),
    status: t.expose('status', { type: ProvisioningJobStatus, description: 'How far it is.' }),
    step: t.exposeString('step', { nullable: true, description: 'The last step that has finished.' }),
    steps: t.field({
      type: [ProvisioningStepType],
      description: 'All steps in their order. After an interruption they are gone through from the first.',
      extensions: countsAs(provisioningSteps.length),
      resolve: ({ step }) => {
        const names: readonly (string | null)[] = provisioningSteps;
        const done = names.indexOf(step);
        return provisioningSteps.map((name, index) => ({ name, isDone: index <= done }));
      },
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null while it has not.' }),
    manager: t.field({
      type: ManagerType,
      nullable: true,
      extensions: costsStatement(),
      description: 'Who asked for the tenant.',
      resolve: ({ managerId }) => managerId,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the tenant was asked for.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the job last got further.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it succeeded or failed; null while it is unfinished.',
    }),
  }),
});
