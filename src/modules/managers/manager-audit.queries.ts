import { managerAuditFilter } from '../../audit/manager-audit-log.ts';
import type { AuditRecord, Prisma } from '../../generated/central/client.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { dateColumn } from '../../graphql/list-order.ts';
import { ManagerAuditActionEnum, ManagerAuditEntityTypeEnum } from './manager-audit.enums.ts';
import { ManagerAuditRecordType } from './manager-audit.type.ts';

const createdAtColumn = dateColumn<
  AuditRecord,
  Prisma.AuditRecordWhereInput,
  Prisma.AuditRecordOrderByWithRelationInput
>('createdAt', {
  description: 'When it happened.',
  read: ({ createdAt }) => createdAt,
  where: (createdAt) => ({ createdAt }),
  orderBy: (createdAt) => ({ createdAt }),
});

builder.queryField('managerAuditLog', (t) =>
  t.connection(
    {
      type: ManagerAuditRecordType,
      extensions: fromOutside,
      description: 'What managers have done, newest first. Only for managers.',
      args: {
        actions: t.arg({
          type: [ManagerAuditActionEnum],
          description: 'Only these actions. An empty list matches none.',
        }),
        entityType: t.arg({
          type: ManagerAuditEntityTypeEnum,
          description: 'Only what was about this type, e.g. all changes of managers.',
        }),
        tenantKey: t.arg.string({ description: 'Only what was about this tenant.' }),
        managerId: t.arg.id({ description: 'Only what this manager has done: a global id or a UUID.' }),
        from: t.arg({ type: 'DateTime', description: 'Only what happened then or later.' }),
        to: t.arg({ type: 'DateTime', description: 'Only what happened before.' }),
      },
      authScopes: { manager: true },
      resolve: (_root, args, { platform }, info) => {
        const filter = managerAuditFilter({
          ...args,
          managerId: optionalId('Manager', args.managerId, ['managerId']),
        });
        return resolveListConnection(args, info, {
          name: 'managerAuditLog',
          order: { column: createdAtColumn, direction: 'desc' },
          findMany: ({ within, orderBy, take }) =>
            platform.auditLog.list({ where: within(filter), orderBy, take }),
          count: () => platform.auditLog.count(filter),
        });
      },
    },
    { name: 'ManagerAuditLogConnection', description: 'One page of what managers have done.' },
    { name: 'ManagerAuditLogEdge', description: 'One record in a page.' },
  ),
);
