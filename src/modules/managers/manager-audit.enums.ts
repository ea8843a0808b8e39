import { managerAuditActions, managerEntityTypes } from '../../audit/audit-actions.ts';
import { builder } from '../../graphql/builder.ts';
import { valuesOfCodes } from '../../graphql/code-enums.ts';

export const ManagerAuditActionEnum = builder.enumType('ManagerAuditAction', {
  description:
    'What managers and operators can do, and what can happen to their accounts. More values will be added: clients must handle unknown ones.',
  values: valuesOfCodes(managerAuditActions),
});

export const ManagerAuditEntityTypeEnum = builder.enumType('ManagerAuditEntityType', {
  description: 'The types of objects in the managers’ audit log.',
  values: valuesOfCodes(managerEntityTypes),
});
