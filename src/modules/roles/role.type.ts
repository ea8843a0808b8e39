import { permissionCatalogue } from '../../auth/permissions.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { costs, countsAs, longText } from '../../graphql/costs.ts';
import { guardObjects } from '../../graphql/guards.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';

/** The most permissions that a role can grant. */
export const wholeCatalogue = countsAs(permissionCatalogue.length);

export const PermissionType = builder.prismaObject('Permission', {
  description: 'Something that a role may allow.',
  select: { id: true },
  authScopes: { $any: { $granted: 'permissions', permission: 'roles:read' } },
  fields: (t) => ({
    code: t.exposeString('code', { description: 'What tokens carry and guards ask for, e.g. `users:read`.' }),
    resource: t.exposeString('resource', { description: 'What it is about, e.g. `users`.' }),
    action: t.exposeString('action', { description: '`read`, `write` or `delete`.' }),
    description: t.exposeString('description', { description: 'What it allows, for people.' }),
  }),
});

export const RoleType = builder.prismaNode('Role', {
  description: 'A named set of permissions. Needs `roles:read`, unless it is reached through a user.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    assertPermission(context, 'roles:read');
    return { id, deletedAt: null };
  },
  select: { id: true },
  authScopes: guardObjects({ permission: 'roles:read', granted: 'reference' }),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    code: t.exposeString('code', { description: 'The stable name for programs, e.g. `tenant_admin`.' }),
    name: t.exposeString('name', { description: 'The name for people.' }),
    description: t.exposeString('description', {
      nullable: true,
      extensions: longText,
      description: 'What the role is for.',
    }),
    isSystemRole: t.exposeBoolean('isSystemRole', { description: 'Whether every tenant has this role.' }),
    permissions: t.field({
      type: [PermissionType],
      description: 'What the role allows, by code. Needs `roles:read`, unless the role is your own.',
      authScopes: { $any: { $granted: 'rolePermissions', permission: 'roles:read' } },
      grantScopes: ['permissions'],
      extensions: { ...wholeCatalogue, ...contextOnly, ...fromRows },
      select: (_args, _context, nestedSelection) => ({
        rolePermissions: {
          where: { deletedAt: null, permission: { deletedAt: null } },
          orderBy: { permission: { code: 'asc' } },
          select: { permission: nestedSelection(true) },
        },
      }),
      resolve: (role) => role.rolePermissions.map(({ permission }) => permission),
    }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users have it.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the role was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the role was last changed.' }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the role was deleted; null for a live one.',
    }),
  }),
});
