import { builder } from '../../graphql/builder.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import type { TenantConfigRow } from '../../tenancy/platform/tenant-configs.ts';

/** The identity of a setting: its tenant's key and its own. Neither contains a slash. */
export function tenantConfigName(tenantKey: string, key: string): string {
  return `${tenantKey}/${key}`;
}

export const TenantConfigType = builder.objectRef<TenantConfigRow>('TenantConfig').implement({
  description: 'A setting of a tenant. Only for managers.',
  authScopes: { manager: true },
  fields: (t) => ({
    id: t.id({
      description: 'The global id.',
      resolve: ({ tenantKey, key }) => encodeGlobalId('TenantConfig', tenantConfigName(tenantKey, key)),
    }),
    tenantKey: t.exposeString('tenantKey', { description: 'The tenant’s key.' }),
    key: t.exposeString('key', { description: 'The setting’s name, e.g. `branding.colour`.' }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value.',
      resolve: ({ value }) => value,
    }),
    isPublic: t.exposeBoolean('isPublic', {
      description: 'Whether the tenant’s own people may read it, as `viewer.tenant.settings`.',
    }),
  }),
});
