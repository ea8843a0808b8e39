import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { TenantConfigType } from './tenant-config.type.ts';
import { readTenantKey, tenantKeyArgument } from './tenant-key-argument.ts';

builder.queryField('tenantConfig', (t) =>
  t.field({
    type: TenantConfigType,
    nullable: true,
    extensions: fromOutside,
    description:
      'One setting of a tenant; null when it has none of that key. Only for managers. `TENANT_NOT_FOUND` when there is no such tenant.',
    args: {
      tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }),
      key: t.arg.string({ required: true, description: 'The setting’s name.' }),
    },
    authScopes: { manager: true },
    resolve: (_root, { tenantKey, key }, { platform }) =>
      platform.configs.find(readTenantKey(tenantKey), key),
  }),
);

builder.queryField('tenantConfigs', (t) =>
  t.field({
    type: [TenantConfigType],
    extensions: fromOutside,
    description:
      'All settings of a tenant by key, without what the platform keeps for itself. Only for managers. `TENANT_NOT_FOUND` when there is no such tenant.',
    args: { tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }) },
    authScopes: { manager: true },
    resolve: (_root, { tenantKey }, { platform }) => platform.configs.list(readTenantKey(tenantKey)),
  }),
);
