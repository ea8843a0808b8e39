import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs, longText } from '../../graphql/costs.ts';
import { guardObjects } from '../../graphql/guards.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';

export const DepartmentType = builder.prismaNode('Department', {
  description:
    'A unit of the company; departments form a tree. Needs `departments:read`, unless it is reached through a user.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    assertPermission(context, 'departments:read');
    return { id, deletedAt: null };
  },
  select: { id: true },
  authScopes: guardObjects({ permission: 'departments:read', granted: 'reference' }),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    code: t.exposeString('code', { description: 'The short name for programs, e.g. `SALES`.' }),
    name: t.exposeString('name', { description: 'The name for people.' }),
    description: t.exposeString('description', {
      nullable: true,
      extensions: longText,
      description: 'What the department does.',
    }),
    parent: t.relation('parent', {
      nullable: true,
      description: 'The department above; null at the top. Needs `departments:read`.',
      authScopes: { permission: 'departments:read' },
    }),
    children: t.relation('children', {
      description: 'The departments right below, by name. Needs `departments:read`.',
      authScopes: { permission: 'departments:read' },
      query: { where: { deletedAt: null }, orderBy: [{ name: 'asc' }, { id: 'asc' }] },
    }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users belong to it.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the department was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When the department was last changed.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the department was deleted; null for a live one.',
    }),
  }),
});
