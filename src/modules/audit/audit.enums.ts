import { tenantAuditActions, tenantEntityTypes } from '../../audit/audit-actions.ts';
import { builder } from '../../graphql/builder.ts';
import { valuesOfCodes } from '../../graphql/code-enums.ts';

/** A null in place of a value, of a record that this version can't name. */
export const nullWhenUnknown =
  'null for a record of another version of the API, as there may be while it is being replaced.';

export const AuditActionEnum = builder.enumType('AuditAction', {
  description: 'What can happen in a tenant. More values will be added: clients must handle unknown ones.',
  values: valuesOfCodes(tenantAuditActions),
});

export const AuditEntityTypeEnum = builder.enumType('AuditEntityType', {
  description: 'The types of objects in a tenant’s audit log.',
  values: valuesOfCodes(tenantEntityTypes),
});
