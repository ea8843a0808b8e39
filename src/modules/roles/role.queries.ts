import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { byToggle } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { PermissionType, RoleType, wholeCatalogue } from './role.type.ts';
import { roles } from './role-entity.service.ts';

entityQueries(roles, RoleType, {
  search: 'Only roles whose code or name contains this text.',
  orders: { CODE: 'code', NAME: 'name' },
  filters: {
    isSystemRole: byToggle('isSystemRole', 'Only the roles that every tenant has, or only the others.'),
  },
});

builder.queryField('permissions', (t) =>
  t.prismaField({
    type: [PermissionType],
    extensions: { ...wholeCatalogue, ...fromRows },
    description: 'Everything that a role can grant, by code. Needs `roles:read`.',
    authScopes: { permission: 'roles:read' },
    resolve: (query, _root, _args, { db }) =>
      db.permission.findMany({ ...query, where: { deletedAt: null }, orderBy: { code: 'asc' } }),
  }),
);
