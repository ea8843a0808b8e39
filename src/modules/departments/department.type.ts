import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId } from '../../graphql/entities/to-one.ts';
import { departments } from './department.service.ts';

export const DepartmentType = builder.prismaNode('Department', {
  ...entityNode(departments),
  description:
    'A unit of the company; departments form a tree. Needs `departments:read`, unless it is reached through a user.',
  fields: (t) => ({
    ...exposedFields(t, departments),
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
    headId: t.id(referenceId(departments, 'headId')),
    head: t.relation('head', {
      nullable: true,
      description: 'Who leads it. Needs `users:read`, unless it is you.',
    }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users belong to it.',
    }),
  }),
});
