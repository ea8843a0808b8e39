import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';

/** One field of a record. */
interface AuditChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export const AuditChangeType = builder.objectRef<AuditChange>('AuditChange').implement({
  description: 'What one field held before a change, and holds since.',
  fields: (t) => ({
    field: t.exposeString('field', { description: 'The field, e.g. `fullName`.' }),
    before: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value before; null when it had none.',
      resolve: ({ before }) => before,
    }),
    after: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its value since; null when it has none.',
      resolve: ({ after }) => after,
    }),
  }),
});

const changesSchema = z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() }));

/** Reads the changes of a record as the database keeps them. */
export function readChanges(stored: unknown): AuditChange[] {
  return Object.entries(changesSchema.parse(stored)).map(([field, { before, after }]) => ({
    field,
    before,
    after,
  }));
}

export const AuditRecordType = builder.prismaNode('AuditRecord', {
  description:
    'One change of the tenant: who, what and when. Never changed, never deleted. Needs `audit:read`.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    assertPermission(context, 'audit:read');
    return { id };
  },
  select: { id: true, createdAt: true },
  authScopes: { permission: 'audit:read' },
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    action: t.exposeString('action', { description: 'What was done, e.g. `user.update`.' }),
    entityType: t.exposeString('entityType', { description: 'The type of what was changed, e.g. `User`.' }),
    entityId: t.expose('entityId', {
      type: 'UUID',
      nullable: true,
      description: 'The UUID of what was changed.',
    }),
    userId: t.expose('userId', {
      type: 'UUID',
      nullable: true,
      description: 'The UUID of the user who did it; null when it was a manager, or nobody that is known.',
    }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'What that user was called then.',
    }),
    managerId: t.expose('managerId', {
      type: 'UUID',
      nullable: true,
      description: 'The UUID of the manager of the platform who did it.',
    }),
    managerUsername: t.exposeString('managerUsername', {
      nullable: true,
      description: 'What that manager was called then.',
    }),
    changes: t.field({
      type: [AuditChangeType],
      description: 'The fields that were changed, without passwords.',
      select: { changes: true },
      resolve: ({ changes }) => readChanges(changes),
    }),
    requestId: t.exposeString('requestId', { nullable: true, description: 'The request that did it.' }),
    address: t.exposeString('address', { nullable: true, description: 'Where the request came from.' }),
  }),
});
