import { builder } from '../../graphql/builder.ts';
import { setTenantConfig } from './tenant-config.service.ts';
import { TenantConfigType } from './tenant-config.type.ts';
import { readTenantKey, tenantKeyArgument } from './tenant-key-argument.ts';

builder.mutationField('setTenantConfig', (t) =>
  t.field({
    type: TenantConfigType,
    nullable: true,
    description:
      'Gives a tenant a setting, or takes it away with null. Only for managers. Answers null when it was taken away.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      key: t.arg.string({
        required: true,
        description:
          'The setting’s name: 1 to 128 lower-case letters, digits, dots, hyphens and underscores; not below `provisioning.`.',
      }),
      value: t.arg({ type: 'JSON', description: 'Any JSON of at most 64 KiB; null takes the setting away.' }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, key, value }, { platform, actor }) => {
      const tenant = readTenantKey(tenantKey);
      const config = await setTenantConfig(platform.central, actor, tenant, key, value);
      await platform.invalidate(tenant);
      return config;
    },
  }),
);
