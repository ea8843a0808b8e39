import { visibleRecords } from '../../audit/audit-visibility.ts';
import { auditFilter } from '../../audit/tenant-audit-filter.ts';
import type { AuditRecord, Prisma } from '../../generated/tenant/client.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, optionalIdOfAny } from '../../graphql/global-id.ts';
import { dateColumn, listOrders } from '../../graphql/list-order.ts';
import { resolveTenantList } from '../../graphql/tenant-lists.ts';
import { AuditActionEnum, AuditEntityTypeEnum } from './audit.enums.ts';
import { AuditRecordType } from './audit.type.ts';

const orders = listOrders<
  AuditRecord,
  Prisma.AuditRecordWhereInput,
  Prisma.AuditRecordOrderByWithRelationInput
>('AuditRecord', {
  CREATED_AT: dateColumn('createdAt', {
    description: 'When it happened.',
    read: ({ createdAt }) => createdAt,
    where: (createdAt) => ({ createdAt }),
    orderBy: (createdAt) => ({ createdAt }),
  }),
});

builder.queryField('auditLog', (t) =>
  t.connection(
    {
      type: AuditRecordType,
      extensions: fromRows,
      description:
        'What was changed in the tenant, newest first unless ordered otherwise. Needs `audit:read`.',
      args: {
        actions: t.arg({
          type: [AuditActionEnum],
          description: 'Only these actions. An empty list matches none.',
        }),
        entityType: t.arg({
          type: AuditEntityTypeEnum,
          description: 'Only what was about this type, e.g. all changes of users.',
        }),
        entityId: t.arg.id({ description: 'Only changes of this very object: its global id or UUID.' }),
        userId: t.arg.id({ description: 'Only what this user has done: a global id or a UUID.' }),
        byManagers: t.arg.boolean({
          description: 'Only what managers of the platform have done, or only what they have not.',
        }),
        from: t.arg({ type: 'DateTime', description: 'Only what happened then or later.' }),
        to: t.arg({ type: 'DateTime', description: 'Only what happened before.' }),
        orderBy: t.arg({ type: orders.input, description: 'How to order them.' }),
      },
      authScopes: { permission: 'audit:read' },
      resolve: (_root, args, context, info) => {
        const filter = {
          ...auditFilter({
            ...args,
            entityId: optionalIdOfAny(args.entityId, ['entityId']),
            userId: optionalId('User', args.userId, ['userId']),
          }),
          ...visibleRecords(context.viewer),
        };
        return resolveTenantList(args, context, info, {
          name: 'auditLog',
          model: 'auditRecord',
          filter,
          order: orders.choose(args.orderBy),
          delegate: context.db.auditRecord,
        });
      },
    },
    { name: 'AuditLogConnection', description: 'One page of the audit log.' },
    { name: 'AuditLogEdge', description: 'One record in a page.' },
  ),
);
