import { permissionCatalogue } from '../../auth/permissions.ts';
import { hasRowScopes, rowScopeSchema } from '../../auth/row-scopes.ts';
import { findSystemText } from '../../auth/system-texts.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { costs, countsAs, longText } from '../../graphql/costs.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { guardObjects } from '../../graphql/guards.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';
import { PermissionScopeType } from './permission-scope.type.ts';

function inLanguageOf(context: Context, stored: string): string {
  const said = findSystemText(stored);
  return said ? context.say(said) : stored;
}

/** The most permissions that a role can grant. */
export const wholeCatalogue = countsAs(permissionCatalogue.length);

export const PermissionType = builder.prismaObject('Permission', {
  description: 'Something that a role may allow.',
  select: { id: true },
  authScopes: { $any: { $granted: 'permissions', permission: 'roles:read' } },
  fields: (t) => ({
    id: t.id({
      description: 'The global id.',
      extensions: { ...contextOnly, ...fromRows },
      resolve: ({ id }) => encodeGlobalId('Permission', id),
    }),
    code: t.exposeString('code', { description: 'What tokens carry and guards ask for, e.g. `users:read`.' }),
    resource: t.exposeString('resource', { description: 'What it is about, e.g. `users`.' }),
    action: t.exposeString('action', { description: '`read`, `write` or `delete`.' }),
    description: t.string({
      description: 'What it allows, for people, in the language of the request.',
      extensions: { ...contextOnly, ...fromRows },
      select: { description: true },
      resolve: ({ description }, _args, context) => inLanguageOf(context, description),
    }),
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
    code: t.exposeString('code', { description: 'The stable name for programs, e.g. `tenant_admin`.' }),
    name: t.exposeString('name', { description: 'The name for people, as it is searched and ordered by.' }),
    label: t.string({
      description:
        'The name to show to people: that of a system role in the language of the request, of any other its `name`.',
      extensions: { ...contextOnly, ...fromRows },
      select: { name: true, isSystemRole: true },
      resolve: ({ name, isSystemRole }, _args, context) =>
        isSystemRole ? inLanguageOf(context, name) : name,
    }),
    description: t.string({
      nullable: true,
      description: 'What the role is for; of a system role in the language of the request.',
      extensions: { ...longText, ...contextOnly, ...fromRows },
      select: { description: true, isSystemRole: true },
      resolve: ({ description, isSystemRole }, _args, context) =>
        isSystemRole && description !== null ? inLanguageOf(context, description) : description,
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
    scopes: t.field({
      type: [PermissionScopeType],
      description:
        'The rows for which the role grants its permissions, by code, where rows have owners; anything else is granted for all rows. Needs `roles:read`, unless the role is your own.',
      authScopes: { $any: { $granted: 'rolePermissions', permission: 'roles:read' } },
      grantScopes: ['permissions'],
      extensions: { ...contextOnly, ...fromRows },
      select: {
        rolePermissions: {
          where: { deletedAt: null, permission: { deletedAt: null } },
          orderBy: { permission: { code: 'asc' } },
          select: { scope: true, permission: { select: { code: true } } },
        },
      },
      resolve: (role) =>
        role.rolePermissions
          .filter(({ permission }) => hasRowScopes(permission.code))
          .map(({ permission, scope }) => ({
            permission: permission.code,
            scope: rowScopeSchema.parse(scope),
          })),
    }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users have it.',
    }),
  }),
});
