import { builder } from '../../graphql/builder.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { grantScopes, guardObjects } from '../../graphql/guards.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { users } from './user-entity.service.ts';

/** Grants readers of a user its references; the referenced objects' other fields need their own permissions. */
const readReference = ['reference'];

export const UserType = builder.prismaNode('User', {
  description:
    'A person who can sign in to the tenant. Everybody may read their own; others need `users:read`.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    if (id !== context.viewer.userId) assertPermission(context, 'users:read');
    return { id, deletedAt: null };
  },
  select: { id: true },
  authScopes: guardObjects({
    permission: 'users:read',
    granted: 'user',
    self: (user: { readonly id: string }) => user.id,
  }),
  fields: (t) => ({
    username: t.exposeString('username', { description: 'The name to sign in with, in lower case.' }),
    ...exposedFields(t, users),
    departmentId: t.id(referenceId(users, 'departmentId')),
    roleId: t.id(referenceId(users, 'roleId')),
    branchId: t.id(referenceId(users, 'branchId')),
    department: t.relation('department', {
      nullable: true,
      grantScopes: readReference,
      description: 'The department that the user belongs to.',
    }),
    role: t.relation('role', {
      nullable: true,
      grantScopes: grantScopes({
        always: readReference,
        self: { of: (user: { readonly id: string }) => user.id, scopes: ['rolePermissions'] },
      }),
      description: 'The role that decides what the user may do.',
    }),
    branch: t.relation('branch', {
      nullable: true,
      grantScopes: readReference,
      description: 'The branch that the user works at.',
    }),
    isSystemUser: t.exposeBoolean('isSystemUser', {
      description: 'Whether the user belongs to the platform itself.',
    }),
    mustChangePassword: t.exposeBoolean('mustChangePassword', {
      description: 'Whether the password is single-use: the next `login` must also send `newPassword`.',
    }),
    lastLoginAt: t.expose('lastLoginAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the user last signed in with a password.',
    }),
    accessEndsAt: t.expose('accessEndsAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'From when on the user can’t sign in any more, because their employment ends the day before; null for everybody else.',
    }),
  }),
});
