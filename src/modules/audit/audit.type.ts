import { z } from 'zod';
import { tenantAuditActions, tenantEntityTypes } from '../../audit/audit-actions.ts';
import { mayReadChange, visibleRecords } from '../../audit/audit-visibility.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { knownCode } from '../../graphql/code-enums.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { countsAs } from '../../graphql/costs.ts';
import { optionalGlobalId } from '../../graphql/global-id.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { AuditActionEnum, AuditEntityTypeEnum, nullWhenUnknown } from './audit.enums.ts';

/** One field of a record. */
interface AuditChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  /** True when the viewer may not read the values, which are null then. */
  readonly redacted: boolean;
}

export const AuditChangeType = builder.objectRef<AuditChange>('AuditChange').implement({
  description: 'The values of one field before and after a change.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The field, e.g. `fullName`.' }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The value before the change; null when there was none, or when it is `redacted`.',
      extensions: { ...contextOnly, ...fromRows },
      resolve: ({ before }) => before,
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The value after the change; null when there was none, or when it is `redacted`.',
      extensions: { ...contextOnly, ...fromRows },
      resolve: ({ after }) => after,
    }),
    redacted: t.exposeBoolean('redacted', {
      description:
        'Whether the values are kept from you: those of a user need `users:read`, those of a role `roles:read`, and so on.',
    }),
  }),
});

/** The changes of a record are read with it, from one column: a dozen of them take the time of four loaded objects. */
export const changesOfRecord = countsAs(4);

const changesSchema = z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() }));

/**
 * Reads the changes of a record as they are stored.
 * @param mayRead tells whether the viewer may read the values of a field.
 */
export function readChanges(stored: unknown, mayRead: (field: string) => boolean): AuditChange[] {
  return Object.entries(changesSchema.parse(stored)).map(([field, { before, after }]) =>
    mayRead(field)
      ? { field, before, after, redacted: false }
      : { field, before: null, after: null, redacted: true },
  );
}

const actionCodes = tenantAuditActions.map(({ code }) => code);
const entityTypeCodes = tenantEntityTypes.map(({ code }) => code);

export const AuditRecordType = builder.prismaNode('AuditRecord', {
  description:
    'One change of the tenant: who, what and when. Never changed, never deleted. Needs `audit:read`.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    assertPermission(context, 'audit:read');
    return { id, AND: [visibleRecords(context.viewer)] };
  },
  select: { id: true },
  authScopes: { permission: 'audit:read' },
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    action: t.field({
      type: AuditActionEnum,
      nullable: true,
      description: `What was done; ${nullWhenUnknown}`,
      extensions: { ...contextOnly, ...fromRows },
      select: { action: true },
      resolve: ({ action }) => knownCode(actionCodes, action),
    }),
    entityType: t.field({
      type: AuditEntityTypeEnum,
      nullable: true,
      description: `The type of what it was done to; ${nullWhenUnknown}`,
      extensions: { ...contextOnly, ...fromRows },
      select: { entityType: true },
      resolve: ({ entityType }) => knownCode(entityTypeCodes, entityType),
    }),
    entityId: t.id({
      nullable: true,
      description: 'The global id of what was changed.',
      extensions: { ...contextOnly, ...fromRows },
      select: { entityType: true, entityId: true },
      resolve: ({ entityType, entityId }) => optionalGlobalId(entityType, entityId),
    }),
    userId: t.id({
      nullable: true,
      description:
        'The global id of the user who did it; null when it was a manager, or nobody that is known.',
      extensions: { ...contextOnly, ...fromRows },
      select: { userId: true },
      resolve: ({ userId }) => optionalGlobalId('User', userId),
    }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'That user’s username at the time.',
    }),
    managerId: t.id({
      nullable: true,
      description: 'The global id of the manager of the platform who did it.',
      extensions: { ...contextOnly, ...fromRows },
      select: { managerId: true },
      resolve: ({ managerId }) => optionalGlobalId('Manager', managerId),
    }),
    managerUsername: t.exposeString('managerUsername', {
      nullable: true,
      description: 'That manager’s username at the time.',
    }),
    changes: t.field({
      type: [AuditChangeType],
      description:
        'The fields that were changed, without passwords. What they held is shown to who may read what was changed.',
      extensions: { ...contextOnly, ...changesOfRecord, ...fromRows },
      select: { changes: true, entityType: true },
      resolve: ({ changes, entityType }, _args, { viewer }) =>
        readChanges(changes, (field) => mayReadChange(viewer, entityType, field)),
    }),
    requestId: t.exposeString('requestId', { nullable: true, description: 'The request that did it.' }),
    address: t.exposeString('address', { nullable: true, description: 'Where the request came from.' }),
  }),
});
