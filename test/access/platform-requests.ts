import { randomUUID } from 'node:crypto';
import { type RootRequest, rootRequest, type TypePath, typePath } from './root-request.ts';

const plain = rootRequest('', () => ({}));
const reason = 'To see who may';
const oneTenant = rootRequest('', ({ platform: { tenantKey } }) => ({ tenantKey }));
const oneConfig = rootRequest('', ({ platform: { tenantKey, configKey } }) => ({
  tenantKey,
  key: configKey,
}));
const oneManager = rootRequest('', ({ platform: { manager } }) => ({ managerId: manager }));
const spareManager = rootRequest('', async ({ platform }) => ({ managerId: await platform.spareManager() }));
const newManager = rootRequest('', () => {
  const username = `new-${randomUUID().slice(0, 8)}`;
  return { input: { username, email: `${username}@example.com`, fullName: 'New' } };
});
const oneJob = rootRequest('', ({ platform: { job } }) => ({ jobId: job }));
const oneTenantsRecords = rootRequest('', ({ platform: { tenantKey, manager } }) => ({
  tenantKey,
  managerId: manager,
}));
const entering = rootRequest('', ({ platform: { tenantKey } }) => ({ tenantKey, reason }));
const provisioning = rootRequest('', () => ({
  input: { tenantKey: `new_${randomUUID().slice(0, 8)}`, companyName: 'New' },
}));

/** The requests for root fields that are for managers. */
export const platformRequests: Readonly<Record<string, readonly RootRequest[]>> = {
  'Query.manager': [oneManager],
  'Query.tenant': [oneTenant],
  'Query.tenantConfig': [oneConfig],
  'Query.tenantConfigs': [oneTenant],
  'Query.provisioningJob': [oneJob],
  'Mutation.cleanUpProvisioning': [
    rootRequest('', async ({ platform }) => ({ jobId: await platform.spareJob() })),
  ],
  'Mutation.createManager': [newManager],
  'Mutation.disableManager': [spareManager],
  'Mutation.enableManager': [spareManager],
  'Mutation.resetManagerPassword': [spareManager],
  'Mutation.enterTenant': [entering],
  'Mutation.provisionTenant': [provisioning],
  'Mutation.resumeProvisioning': [
    rootRequest('', async ({ platform }) => ({ jobId: await platform.spareJob() })),
  ],
  'Mutation.suspendTenant': [
    rootRequest('', async ({ platform }) => ({ tenantKey: await platform.spareTenant(), reason })),
  ],
  'Mutation.resumeTenant': [
    rootRequest('', async ({ platform }) => ({ tenantKey: await platform.suspendedTenant() })),
  ],
  'Mutation.updateTenant': [
    rootRequest('', async ({ platform }) => ({
      tenantKey: await platform.spareTenant(),
      input: { companyName: 'Changed' },
    })),
  ],
  'Mutation.deleteTenantConfig': [
    rootRequest('', async ({ platform }) => ({
      tenantKey: await platform.spareTenant(),
      key: 'branding.colour',
    })),
  ],
  'Mutation.setTenantConfig': [
    rootRequest('', async ({ platform }) => ({
      tenantKey: await platform.spareTenant(),
      key: 'branding.colour',
      value: 'blue',
    })),
  ],
};

/** The paths to the types that are for managers. */
export const platformPaths: Readonly<Record<string, readonly TypePath[]>> = {
  Tenant: [typePath('Query.tenant', oneTenant)],
  TenantConfig: [typePath('Query.tenantConfig', oneConfig)],
  TenantConnection: [typePath('Query.tenants', plain)],
  TenantEdge: [typePath('Query.tenants', plain, ['edges'])],
  Manager: [typePath('Query.currentManager', plain)],
  ManagerConnection: [typePath('Query.managers', plain)],
  ManagerEdge: [typePath('Query.managers', plain, ['edges'])],
  CreateManagerPayload: [typePath('Mutation.createManager', newManager)],
  ResetManagerPasswordPayload: [typePath('Mutation.resetManagerPassword', spareManager)],
  ManagerAuditLogConnection: [typePath('Query.managerAuditLog', oneTenantsRecords)],
  ManagerAuditLogEdge: [typePath('Query.managerAuditLog', oneTenantsRecords, ['edges'])],
  ManagerAuditRecord: [typePath('Query.managerAuditLog', oneTenantsRecords, ['edges', 'node'])],
  ProvisioningJob: [typePath('Query.provisioningJob', oneJob)],
  ProvisioningJobConnection: [typePath('Query.provisioningJobs', plain)],
  ProvisioningJobEdge: [typePath('Query.provisioningJobs', plain, ['edges'])],
  ProvisioningStep: [typePath('Query.provisioningJob', oneJob, ['steps'])],
  EnterTenantPayload: [typePath('Mutation.enterTenant', entering)],
  ProvisionTenantPayload: [typePath('Mutation.provisionTenant', provisioning)],
};

/** The path to changes made by managers; tenants' logs share their type. */
export const managerChanges = typePath('Query.managerAuditLog', oneTenantsRecords, [
  'edges',
  'node',
  'changes',
]);
