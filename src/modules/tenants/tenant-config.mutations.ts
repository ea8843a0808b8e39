import { message } from '../../errors/index.ts';
import { builder } from '../../graphql/builder.ts';
import { deleted, SuccessResponse } from '../../graphql/success-response.ts';
import { TenantConfigType, tenantConfigName } from './tenant-config.type.ts';
import { readTenantKey, tenantKeyArgument } from './tenant-key-argument.ts';

builder.mutationField('setTenantConfig', (t) =>
  t.field({
    type: TenantConfigType,
    nullable: true,
    description:
      'Creates or changes a setting of a tenant, or removes it with null. Only for managers. Answers null when it was removed. `NOT_FOUND` when `value` is left out and there is no such setting.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      key: t.arg.string({
        required: true,
        description:
          'The setting’s name: 1 to 128 lower-case letters, digits, dots, hyphens and underscores; not below `provisioning.`.',
      }),
      value: t.arg({
        type: 'JSON',
        description: 'Any JSON of at most 64 KiB; null removes the setting. Left out, it stays as it is.',
      }),
      isPublic: t.arg.boolean({
        description:
          'Whether the tenant’s own people may read it, as `viewer.tenant.settings`; all that they may read has 16 KiB at most. Left out, it stays as it is; a new setting is private.',
      }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, key, ...change }, { platform, actor }) => {
      return platform.configs.set(actor, readTenantKey(tenantKey), key, change);
    },
  }),
);

builder.mutationField('deleteTenantConfig', (t) =>
  t.field({
    type: SuccessResponse,
    description:
      'Removes a setting of a tenant, as `setTenantConfig` does with null; succeeds even if there is none with that key. Only for managers.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      key: t.arg.string({ required: true, description: 'The setting’s name; not below `provisioning.`.' }),
    },
    authScopes: { manager: true },
    resolve: async (_root, { tenantKey, key }, context) => {
      const { platform, actor } = context;
      const tenant = readTenantKey(tenantKey);
      const name = await platform.configs.delete(actor, tenant, key);
      return deleted(
        'TenantConfig',
        tenantConfigName(tenant, name),
        context.say(message('done.deleted', { type: message('type.TenantConfig'), name })),
      );
    },
  }),
);
