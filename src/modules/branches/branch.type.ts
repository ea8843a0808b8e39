import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { costs } from '../../graphql/costs.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { branches } from './branch.service.ts';

export const BranchType = builder.prismaNode('Branch', {
  ...entityNode(branches),
  description: 'A place of business. Needs `branches:read`, unless it is reached through a user or an asset.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'The short name for programs, e.g. `SEOUL`.' }),
    name: t.exposeString('name', { description: 'The name for people.' }),
    address: t.exposeString('address', { nullable: true, description: 'The postal address.' }),
    phone: t.exposeString('phone', { nullable: true, description: 'The telephone number.' }),
    isActive: t.exposeBoolean('isActive', { description: 'Whether the branch is open.' }),
    userCount: t.relationCount('users', {
      extensions: { ...costs(1), ...fromRows },
      where: { deletedAt: null },
      description: 'How many users work at it.',
    }),
  }),
});
