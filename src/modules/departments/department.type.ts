import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs, longText } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { departments } from './department.service.ts';

export const DepartmentType = builder.prismaNode('Department', {
  ...entityNode(departments),
  description:
    'A unit of the company; departments form a tree. Needs `departments:read`, unless it is reached through a user.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'The short name for programs, e.g. `SALES`.' }),
    name: t.exposeString('name', { description: 'The name for people.' }),
    description: t.exposeString('description', {
      nullable: true,
      extensions: longText,
      description: 'What the department does.',
    }),
    parentId: t.id({
      ...referenceId(departments, 'parentId'),
      authScopes: { permission: 'departments:read' },
      description:
        'The global id of the department above, the same as `parent { id }`. Needs `departments:read`.',
    }),
    parent: t.relation('parent', {
      nullable: true,
      description: 'The department above; null at the top. Needs `departments:read`.',
      authScopes: { permission: 'departments:read' },
    }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users belong to it.',
    }),
  }),
});
