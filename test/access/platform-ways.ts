import { randomUUID } from 'node:crypto';
import { type Reach, reach, type Way, way } from './way.ts';

const plain = way('', () => ({}));
const reason = 'To see who may';
const oneTenant = way('', ({ platform: { tenantKey } }) => ({ tenantKey }));
const oneConfig = way('', ({ platform: { tenantKey, configKey } }) => ({ tenantKey, key: configKey }));
const oneManager = way('', ({ platform: { manager } }) => ({ managerId: manager }));
const spareManager = way('', async ({ platform }) => ({ managerId: await platform.spareManager() }));
const newManager = way('', () => {
  const username = `new-${randomUUID().slice(0, 8)}`;
  return { input: { username, email: `${username}@example.com`, fullName: 'New' } };
});
const oneJob = way('', ({ platform: { job } }) => ({ jobId: job }));
const oneTenantsRecords = way('', ({ platform: { tenantKey, manager } }) => ({
  tenantKey,
  managerId: manager,
}));
const entering = way('', ({ platform: { tenantKey } }) => ({ tenantKey, reason }));
const provisioning = way('', () => ({
  input: { tenantKey: `new_${randomUUID().slice(0, 8)}`, companyName: 'New' },
}));

/** The ways to ask for the root fields that are for managers. */
export const platformWays: Readonly<Record<string, readonly Way[]>> = {
  'Query.manager': [oneManager],
  'Query.tenant': [oneTenant],
  'Query.tenantConfig': [oneConfig],
  'Query.tenantConfigs': [oneTenant],
  'Query.provisioningJob': [oneJob],
  'Mutation.cleanUpProvisioning': [way('', async ({ platform }) => ({ jobId: await platform.spareJob() }))],
  'Mutation.createManager': [newManager],
  'Mutation.disableManager': [spareManager],
  'Mutation.enableManager': [spareManager],
  'Mutation.resetManagerPassword': [spareManager],
  'Mutation.enterTenant': [entering],
  'Mutation.provisionTenant': [provisioning],
  'Mutation.resumeProvisioning': [way('', async ({ platform }) => ({ jobId: await platform.spareJob() }))],
  'Mutation.suspendTenant': [
    way('', async ({ platform }) => ({ tenantKey: await platform.spareTenant(), reason })),
  ],
  'Mutation.resumeTenant': [
    way('', async ({ platform }) => ({ tenantKey: await platform.suspendedTenant() })),
  ],
  'Mutation.updateTenant': [
    way('', async ({ platform }) => ({
      tenantKey: await platform.spareTenant(),
      input: { companyName: 'Changed' },
    })),
  ],
  'Mutation.deleteTenantConfig': [
    way('', async ({ platform }) => ({ tenantKey: await platform.spareTenant(), key: 'branding.colour' })),
  ],
  'Mutation.setTenantConfig': [
    way('', async ({ platform }) => ({
      tenantKey: await platform.spareTenant(),
      key: 'branding.colour',
      value: 'blue',
    })),
  ],
};

/** The ways to the fields of the types that are for managers. */
export const platformReaches: Readonly<Record<string, readonly Reach[]>> = {
  Tenant: [reach('Query.tenant', oneTenant)],
  TenantConfig: [reach('Query.tenantConfig', oneConfig)],
  TenantConnection: [reach('Query.tenants', plain)],
  TenantEdge: [reach('Query.tenants', plain, ['edges'])],
  Manager: [reach('Query.currentManager', plain)],
  ManagerConnection: [reach('Query.managers', plain)],
  ManagerEdge: [reach('Query.managers', plain, ['edges'])],
  CreateManagerPayload: [reach('Mutation.createManager', newManager)],
  ResetManagerPasswordPayload: [reach('Mutation.resetManagerPassword', spareManager)],
  ManagerAuditLogConnection: [reach('Query.managerAuditLog', oneTenantsRecords)],
  ManagerAuditLogEdge: [reach('Query.managerAuditLog', oneTenantsRecords, ['edges'])],
  ManagerAuditRecord: [reach('Query.managerAuditLog', oneTenantsRecords, ['edges', 'node'])],
  ProvisioningJob: [reach('Query.provisioningJob', oneJob)],
  ProvisioningJobConnection: [reach('Query.provisioningJobs', plain)],
  ProvisioningJobEdge: [reach('Query.provisioningJobs', plain, ['edges'])],
  ProvisioningStep: [reach('Query.provisioningJob', oneJob, ['steps'])],
  EnterTenantPayload: [reach('Mutation.enterTenant', entering)],
  ProvisionTenantPayload: [reach('Mutation.provisionTenant', provisioning)],
};

/** The way to the changes that managers have made, whose type tenants' logs share. */
export const managersChanges = reach('Query.managerAuditLog', oneTenantsRecords, [
  'edges',
  'node',
  'changes',
]);
