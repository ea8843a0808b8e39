import type { Prisma } from '../../generated/central/client.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { resolveKeyedConnection } from '../../graphql/connections.ts';
import {
  type Direction,
  dateColumn,
  type KeyBound,
  type KeyColumn,
  listOrders,
  textColumn,
} from '../../graphql/list-order.ts';
import { type ManagedTenant, tenantFilter } from '../../tenancy/platform/tenants.ts';
import { tenantKeySchema } from '../../tenancy/tenant-key.ts';
import { TenantPlan, TenantStatus, TenantType } from './tenant.type.ts';
import { tenantKeyArgument } from './tenant-key-argument.ts';

builder.queryField('tenant', (t) =>
  t.field({
    type: TenantType,
    nullable: true,
    extensions: fromOutside,
    description: 'One tenant; null when there is none of that key. Only for managers.',
    args: { tenantKey: t.arg.string({ required: true, description: tenantKeyArgument }) },
    authScopes: { manager: true },
    resolve: (_root, { tenantKey }) => tenantKeySchema.safeParse(tenantKey).data ?? null,
  }),
);

const orders = listOrders<ManagedTenant, Prisma.TenantWhereInput, Prisma.TenantOrderByWithRelationInput>(
  'Tenant',
  {
    CREATED_AT: dateColumn('createdAt', {
      description: 'When the tenant was registered.',
      read: ({ createdAt }) => createdAt,
      where: (createdAt) => ({ createdAt }),
      orderBy: (createdAt) => ({ createdAt }),
    }),
    UPDATED_AT: dateColumn('updatedAt', {
      description: 'When the tenant was last changed.',
      read: ({ updatedAt }) => updatedAt,
      where: (updatedAt) => ({ updatedAt }),
      orderBy: (updatedAt) => ({ updatedAt }),
    }),
    TENANT_KEY: textColumn('tenantKey', {
      description: 'The tenant’s key.',
      read: ({ tenantKey }) => tenantKey,
      where: (tenantKey) => ({ tenantKey }),
      orderBy: (tenantKey) => ({ tenantKey }),
    }),
    COMPANY_NAME: textColumn('companyName', {
      description: 'The company’s name.',
      read: ({ companyName }) => companyName,
      where: (companyName) => ({ companyName }),
      orderBy: (companyName) => ({ companyName }),
    }),
  },
);

/** Tenants have no UUID: their key tells them apart. */
const tenantKeyColumn = {
  pattern: /^[a-z0-9_]{1,64}$/,
  read: ({ tenantKey }: ManagedTenant) => tenantKey,
  where: (tenantKey: KeyBound) => ({ tenantKey }),
  orderBy: (tenantKey: Direction) => ({ tenantKey }),
} satisfies KeyColumn<ManagedTenant, Prisma.TenantWhereInput, Prisma.TenantOrderByWithRelationInput>;

builder.queryField('tenants', (t) =>
  t.connection(
    {
      type: TenantType,
      extensions: fromOutside,
      description: 'The tenants, newest first unless ordered otherwise. Only for managers.',
      args: {
        search: t.arg.string({
          description: 'Only tenants whose key or company contains this text. Case does not matter.',
        }),
        status: t.arg({ type: TenantStatus, description: 'Only tenants in this status.' }),
        plan: t.arg({ type: TenantPlan, description: 'Only tenants with this plan.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { manager: true },
      resolve: (_root, args, { platform }, info) => {
        const filter = tenantFilter(args);
        return resolveKeyedConnection(
          args,
          info,
          {
            name: 'tenants',
            order: orders.choose(args.orderBy),
            findMany: ({ within, orderBy, take }) =>
              platform.tenants.list({ where: within(filter), orderBy, take }),
            count: () => platform.tenants.count(filter),
          },
          tenantKeyColumn,
        );
      },
    },
    { name: 'TenantConnection', description: 'One page of tenants.' },
    { name: 'TenantEdge', description: 'One tenant in a page.' },
  ),
);
