import { managerAuditActions, managerEntityTypes } from '../../audit/audit-actions.ts';
import { operatorIn } from '../../audit/manager-audit-log.ts';
import type { AuditRecord } from '../../generated/central/client.ts';
import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { knownCode } from '../../graphql/code-enums.ts';
import { costsStatement } from '../../graphql/costs.ts';
import { nullWhenUnknown } from '../audit/audit.enums.ts';
import { AuditChangeType, changesOfRecord, readChanges } from '../audit/audit.type.ts';
import { ManagerType } from './manager.type.ts';
import { ManagerAuditActionEnum, ManagerAuditEntityTypeEnum } from './manager-audit.enums.ts';

const actionCodes = managerAuditActions.map(({ code }) => code);
const entityTypeCodes = managerEntityTypes.map(({ code }) => code);

export const ManagerAuditRecordType = builder.loadableNode('ManagerAuditRecord', {
  extensions: fromOutside,
  description: 'One thing that a manager has done: who, what and when. Never changed, never deleted.',
  id: { resolve: ({ id }: AuditRecord) => id, description: 'The global id.' },
  authScopes: { manager: true },
  // Async, because a loader has to reject where `platform` throws.
  load: async (ids: string[], { platform }) => platform.auditLog.load(ids),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    action: t.field({
      type: ManagerAuditActionEnum,
      nullable: true,
      description: `What was done; ${nullWhenUnknown}`,
      resolve: ({ action }) => knownCode(actionCodes, action),
    }),
    entityType: t.field({
      type: ManagerAuditEntityTypeEnum,
      nullable: true,
      description: `The type of what it was done to; ${nullWhenUnknown}`,
      resolve: ({ entityType }) => knownCode(entityTypeCodes, entityType),
    }),
    entityId: t.exposeString('entityId', {
      nullable: true,
      description: 'What was changed: a tenant’s key, or a UUID.',
    }),
    manager: t.field({
      type: ManagerType,
      nullable: true,
      extensions: costsStatement(),
      description: 'Who did it; null when it was a script, or nobody that is known.',
      resolve: ({ managerId }) => managerId,
    }),
    managerUsername: t.exposeString('managerUsername', {
      nullable: true,
      description: 'That manager’s username at the time.',
    }),
    operator: t.string({
      nullable: true,
      description: 'Who did it with a script; null when it was a manager, or nobody that is known.',
      resolve: ({ changes }) => operatorIn(changes),
    }),
    tenantKey: t.exposeString('tenantKey', {
      nullable: true,
      description: 'The tenant that it was about; null when it was about none.',
    }),
    changes: t.field({
      type: [AuditChangeType],
      description: 'The fields that were changed and the reasons that were given, without secrets.',
      extensions: changesOfRecord,
      resolve: ({ changes }) => readChanges(changes, () => true),
    }),
    requestId: t.exposeString('requestId', { nullable: true, description: 'The request that did it.' }),
    address: t.exposeString('address', { nullable: true, description: 'Where the request came from.' }),
  }),
});
