import { tenantPlanSchema } from '../../catalogue/plans.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import type { DirectoryTenant, PublicSetting } from '../../tenancy/tenant.ts';
import { TenantPlan } from './tenant.type.ts';

/** The part of a tenant that its own users may see. Managers see the tenant itself. */
type ViewerTenant = Pick<DirectoryTenant, 'tenantKey' | 'companyName' | 'plan' | 'publicSettings'>;

/** The tenant that the viewer is in; null for a manager who is in none. It is known already: nothing is looked up. */
export function viewerTenant(context: Context): ViewerTenant | null {
  return context.viewer.tenantKey === null ? null : context.tenant;
}

interface TenantSetting extends PublicSetting {
  readonly tenantKey: string;
}

const TenantSettingType = builder.objectRef<TenantSetting>('TenantSetting').implement({
  extensions: fromOutside,
  description: 'A setting of the tenant that all of its people may read.',
  fields: (t) => ({
    id: t.id({
      description: 'Identifies the setting in a client’s cache; no argument accepts it.',
      resolve: ({ tenantKey, key }) => encodeGlobalId('TenantSetting', `${tenantKey}/${key}`),
    }),
    key: t.exposeString('key', { description: 'The setting’s name, e.g. `branding.colour`.' }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value.',
      resolve: ({ value }) => value,
    }),
  }),
});

export const ViewerTenantType = builder.objectRef<ViewerTenant>('ViewerTenant').implement({
  extensions: fromOutside,
  description: 'The tenant that you are in, as all of its people may see it. Managers see more: `Tenant`.',
  fields: (t) => ({
    id: t.id({
      description: 'Identifies the tenant in a client’s cache; no argument accepts it.',
      resolve: ({ tenantKey }) => encodeGlobalId('ViewerTenant', tenantKey),
    }),
    key: t.exposeString('tenantKey', { description: 'What you name it by when you sign in, e.g. `acme01`.' }),
    companyName: t.exposeString('companyName', { description: 'The company’s name.' }),
    plan: t.field({
      type: TenantPlan,
      description: 'The plan it has booked.',
      resolve: ({ plan }) => tenantPlanSchema.parse(plan),
    }),
    settings: t.field({
      type: [TenantSettingType],
      description: 'Its public settings, by key. Managers of the platform make them with `setTenantConfig`.',
      resolve: ({ tenantKey, publicSettings }) =>
        publicSettings.map((setting) => ({ ...setting, tenantKey })),
    }),
  }),
});
