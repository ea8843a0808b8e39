import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { branches } from './branch.service.ts';

export const BranchType = builder.prismaNode('Branch', {
  ...entityNode(branches),
  description: 'A place of business. Needs `branches:read`, unless it is reached through a user or an asset.',
  fields: (t) => ({
    ...exposedFields(t, branches),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1 / 4), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users work at it.',
    }),
  }),
});
