import { type TenantPlan as TenantPlanName, tenantPlanSchema } from '../../catalogue/plans.ts';
import { TenantStatus as tenantStatuses } from '../../generated/central/enums.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs } from '../../graphql/costs.ts';
import type { ManagedTenant } from '../../tenancy/platform/tenants.ts';

export const TenantStatus = builder.enumType('TenantStatus', {
  description: 'Where a tenant is in its life. Only active ones are served.',
  values: {
    PROVISIONING: { value: tenantStatuses.provisioning, description: 'Being provisioned.' },
    ACTIVE: { value: tenantStatuses.active, description: 'In service.' },
    SUSPENDED: { value: tenantStatuses.suspended, description: 'Taken out of service by a manager.' },
    FAILED: {
      value: tenantStatuses.failed,
      description: 'Could not be provisioned; see `statusReason` and the job.',
    },
    ARCHIVED: { value: tenantStatuses.archived, description: 'Gone for good, and kept for the records.' },
  },
});

export const TenantPlan = builder.enumType('TenantPlan', {
  description: 'What a tenant has booked.',
  values: {
    STARTER: { value: 'starter', description: 'The smallest plan.' },
    PRO: { value: 'pro', description: 'The plan in the middle.' },
    ENTERPRISE: { value: 'enterprise', description: 'The largest plan.' },
  } satisfies Record<Uppercase<TenantPlanName>, { value: TenantPlanName; description: string }>,
});

export const TenantType = builder.loadableNode('Tenant', {
  extensions: fromOutside,
  description: 'One company and the database that is its own. Only for managers.',
  id: { resolve: ({ tenantKey }: ManagedTenant) => tenantKey, description: 'The global id.' },
  authScopes: { manager: true },
  // Async, because a loader has to reject where `platform` throws.
  load: async (tenantKeys: string[], { platform }) => platform.tenants.load(tenantKeys),
  fields: (t) => ({
    tenantKey: t.exposeString('tenantKey', { description: 'How clients and tokens name it, e.g. `acme01`.' }),
    companyName: t.exposeString('companyName', { description: 'The company’s name.' }),
    status: t.expose('status', { type: TenantStatus, description: 'Whether it is in service.' }),
    statusReason: t.exposeString('statusReason', {
      nullable: true,
      description: 'Why it is in this status: the reason of a suspension, or what failed.',
    }),
    plan: t.field({
      type: TenantPlan,
      description: 'The plan it has booked.',
      resolve: ({ plan }) => tenantPlanSchema.parse(plan),
    }),
    maxUsers: t.exposeInt('maxUsers', { description: 'The seats of its plan.' }),
    seatsUsed: t.loadable({
      type: 'Int',
      nullable: true,
      description:
        'How many active users it has, counted in its own database; null when that does not answer. Costs 7 for each tenant.',
      extensions: costs(7),
      load: async (tenantKeys: string[], { platform }) => platform.tenants.countSeats(tenantKeys),
      resolve: ({ tenantKey }) => tenantKey,
    }),
    schemaVersion: t.exposeString('schemaVersion', {
      nullable: true,
      description: 'The newest migration of its database.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});
