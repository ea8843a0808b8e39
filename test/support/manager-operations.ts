import type { GraphQLField } from 'graphql';
import { z } from 'zod';

/** A document and what fills its variables. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * One working operation for each root field that is for managers alone, by its coordinate, aimed at a tenant.
 * @param jobId a provisioning job.
 * @param managerId a manager other than who asks.
 */
export function managerOperations(
  tenantKey: string,
  jobId: string,
  managerId: string,
): Readonly<Record<string, Operation>> {
  const about = (parameters: string, call: string, variables: object = {}): Operation => ({
    query: `${call.startsWith('query') ? 'query' : 'mutation'} (${parameters}) { ${call.slice(call.indexOf(' ') + 1)} }`,
    variables: { tenantKey, ...variables },
  });
  const aboutManager = (call: string): Operation => ({
    query: `${call.startsWith('manager') ? 'query' : 'mutation'} ($managerId: ID!) { ${call} }`,
    variables: { managerId },
  });
  const key = '$tenantKey: String!';
  const reason = { reason: 'Called by the company about an invoice' };
  return {
    'Query.currentManager': { query: '{ currentManager { username } }', variables: {} },
    'Query.manager': aboutManager('manager(managerId: $managerId) { username }'),
    'Query.managers': { query: '{ managers { edges { node { username } } } }', variables: {} },
    'Query.managerAuditLog': { query: '{ managerAuditLog { edges { node { action } } } }', variables: {} },
    'Query.provisioningJob': {
      query: 'query ($jobId: ID!) { provisioningJob(jobId: $jobId) { status } }',
      variables: { jobId },
    },
    'Query.provisioningJobs': { query: '{ provisioningJobs { edges { node { status } } } }', variables: {} },
    'Query.tenant': about(key, 'query tenant(tenantKey: $tenantKey) { companyName seatsUsed }'),
    'Query.tenantConfig': about(
      key,
      'query tenantConfig(tenantKey: $tenantKey, key: "branding.colour") { value }',
    ),
    'Query.tenantConfigs': about(key, 'query tenantConfigs(tenantKey: $tenantKey) { key value }'),
    'Query.tenants': about(
      key,
      'query tenants(search: $tenantKey) { edges { node { companyName seatsUsed } } }',
    ),
    'Mutation.cleanUpProvisioning': {
      query: 'mutation ($jobId: ID!) { cleanUpProvisioning(jobId: $jobId) { status } }',
      variables: { jobId },
    },
    'Mutation.createManager': {
      query: 'mutation ($input: ManagerCreateInput!) { createManager(input: $input) { temporaryPassword } }',
      variables: { input: { username: 'unmade', email: 'unmade@example.com', fullName: 'Unmade' } },
    },
    'Mutation.disableManager': aboutManager('disableManager(managerId: $managerId) { isActive }'),
    'Mutation.enableManager': aboutManager('enableManager(managerId: $managerId) { isActive }'),
    'Mutation.enterTenant': about(
      `${key}, $reason: String!`,
      'mutation enterTenant(tenantKey: $tenantKey, reason: $reason) { accessToken }',
      reason,
    ),
    'Mutation.provisionTenant': {
      query: 'mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { job { status } } }',
      variables: { input: { tenantKey, companyName: 'Taken Over' } },
    },
    'Mutation.resetManagerPassword': aboutManager(
      'resetManagerPassword(managerId: $managerId) { temporaryPassword }',
    ),
    'Mutation.resumeProvisioning': {
      query: 'mutation ($jobId: ID!) { resumeProvisioning(jobId: $jobId) { status } }',
      variables: { jobId },
    },
    'Mutation.resumeTenant': about(key, 'mutation resumeTenant(tenantKey: $tenantKey) { status }'),
    'Mutation.deleteTenantConfig': about(
      key,
      'mutation deleteTenantConfig(tenantKey: $tenantKey, key: "branding.gone") { success }',
    ),
    'Mutation.setTenantConfig': about(
      key,
      'mutation setTenantConfig(tenantKey: $tenantKey, key: "branding.colour", value: "red") { value }',
    ),
    'Mutation.suspendTenant': about(
      `${key}, $reason: String!`,
      'mutation suspendTenant(tenantKey: $tenantKey, reason: $reason) { status }',
      reason,
    ),
    'Mutation.updateTenant': about(
      key,
      'mutation updateTenant(tenantKey: $tenantKey, input: { companyName: "Renamed" }) { companyName }',
    ),
  };
}

const managerScopeSchema = z.object({
  pothosOptions: z.object({ authScopes: z.object({ manager: z.literal(true) }) }),
});

/** Returns whether a root field is for managers only. */
export function isForManagers(field: GraphQLField<unknown, unknown>): boolean {
  return managerScopeSchema.safeParse(field.extensions).success;
}
