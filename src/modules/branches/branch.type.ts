import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs } from '../../graphql/costs.ts';
import { guardObjects } from '../../graphql/guards.ts';
import { assertPermission } from '../../graphql/permission-checks.ts';

export const BranchType = builder.prismaNode('Branch', {
  description: 'A place of business. Needs `branches:read`, unless it is reached through a user.',
  id: { field: 'id', description: 'The global id.' },
  nullable: true,
  findUnique: (id, context) => {
    assertPermission(context, 'branches:read');
    return { id, deletedAt: null };
  },
  select: { id: true },
  authScopes: guardObjects({ permission: 'branches:read', granted: 'reference' }),
  fields: (t) => ({
    uuid: t.expose('id', { type: 'UUID', description: 'The id without its type.' }),
    code: t.exposeString('code', { description: 'The short name for programs, e.g. `SEOUL`.' }),
    name: t.exposeString('name', { description: 'The name for people.' }),
    address: t.exposeString('address', { nullable: true, description: 'The postal address.' }),
    phone: t.exposeString('phone', { nullable: true, description: 'The telephone number.' }),
    isActive: t.exposeBoolean('isActive', { description: 'Whether the branch is open.' }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users work at it.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the branch was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the branch was last changed.' }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the branch was deleted; null for a live one.',
    }),
  }),
});
