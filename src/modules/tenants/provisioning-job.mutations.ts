import { builder } from '../../graphql/builder.ts';
import { parseId } from '../../graphql/global-id.ts';
import { reportFieldsIn } from '../../graphql/report-fields.ts';
import type { RequestedTenant } from '../../tenancy/platform/provisioning-jobs.ts';
import { ProvisioningJobType } from './provisioning-job.type.ts';
import { TenantPlan } from './tenant.type.ts';

const ProvisionTenantInput = builder.inputType('ProvisionTenantInput', {
  description: 'A new tenant and its first administrator.',
  fields: (t) => ({
    tenantKey: t.string({
      required: true,
      description: '3 to 31 lower-case letters, digits and underscores; begins with a letter. Never changes.',
    }),
    companyName: t.string({ required: true, description: 'The company’s name; at most 255 characters.' }),
    plan: t.field({ type: TenantPlan, description: 'The plan; `STARTER` when left out.' }),
    maxUsers: t.int({ description: 'The seats of its plan; 50 when left out.' }),
    adminUsername: t.string({
      description: 'The name that the first administrator signs in with; `admin` when left out.',
    }),
    adminEmail: t.string({ description: 'The first administrator’s email address.' }),
    adminPassword: t.string({
      description:
        'The first administrator’s password: 8 to 128 characters with a lower-case and an upper-case letter, a digit and a symbol. When left out, one is made up that is good for one sign-in.',
    }),
  }),
});

const ProvisionTenantPayload = builder.objectRef<RequestedTenant>('ProvisionTenantPayload').implement({
  description: 'A tenant that is being provisioned.',
  authScopes: { manager: true },
  fields: (t) => ({
    job: t.field({
      type: ProvisioningJobType,
      description: 'The job that provisions the tenant. Ask for it again to see its progress.',
      resolve: ({ job }) => job,
    }),
    administratorPassword: t.exposeString('administratorPassword', {
      nullable: true,
      description:
        'The first administrator’s single-use password: the first `login` must also send `newPassword`. Only in this answer; null when the input had one.',
    }),
  }),
});

builder.mutationField('provisionTenant', (t) =>
  t.field({
    type: ProvisionTenantPayload,
    description:
      'Registers a tenant and begins to make it: role, database, tables, first administrator. Answers at once. Only for managers. `CONFLICT` when the key is taken, also by a tenant whose job has failed: `resumeProvisioning` tries that again.',
    args: { input: t.arg({ type: ProvisionTenantInput, required: true, description: 'The new tenant.' }) },
    authScopes: { manager: true },
    resolve: (_root, { input }, { platform, actor }) => {
      const given = Object.entries(input).filter(([, value]) => value !== null);
      return reportFieldsIn('input', () => platform.jobs.request(actor, Object.fromEntries(given)));
    },
  }),
);

builder.mutationField('resumeProvisioning', (t) =>
  t.field({
    type: ProvisioningJobType,
    description:
      'Tries a failed job again. What has been made already is kept. Only for managers. `CONFLICT` when it has not failed.',
    args: { jobId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { manager: true },
    resolve: (_root, { jobId }, { platform, actor }) =>
      platform.jobs.resume(actor, parseId('ProvisioningJob', jobId, ['jobId'])),
  }),
);

builder.mutationField('cleanUpProvisioning', (t) =>
  t.field({
    type: ProvisioningJobType,
    nullable: true,
    description:
      'Gives a failed job up: its tenant’s database, roles, secrets and record are removed, and the key is free again. Answers at once; ask for the job again to see when it is done. One that has been cleaned up stays so. Only for managers. `CONFLICT` when it has not failed, is being cleaned up, or its tenant has been in service since.',
    args: { jobId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { manager: true },
    resolve: (_root, { jobId }, { platform, actor }) =>
      platform.jobs.cleanUp(actor, parseId('ProvisioningJob', jobId, ['jobId'])),
  }),
);
