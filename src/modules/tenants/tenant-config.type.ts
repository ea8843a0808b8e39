import { builder } from '../../graphql/builder.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import type { TenantConfigRow } from './tenant-config.service.ts';

/** The global id of a tenant's setting. Neither part contains a slash. */
export function tenantConfigId(tenantKey: string, key: string): string {
  return encodeGlobalId('TenantConfig', `${tenantKey}/${key}`);
}

export const TenantConfigType = builder.objectRef<TenantConfigRow>('TenantConfig').implement({
  description: 'A setting of a tenant. Only for managers.',
  authScopes: { manager: true },
  fields: (t) => ({
    id: t.id({
      description: 'The global id.',
      resolve: ({ tenantKey, key }) => tenantConfigId(tenantKey, key),
    }),
    tenantKey: t.exposeString('tenantKey', { description: 'The tenant’s key.' }),
    key: t.exposeString('key', { description: 'The setting’s name, e.g. `branding.colour`.' }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value.',
      resolve: ({ value }) => value,
    }),
  }),
});
