import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { readPageSize } from '../../graphql/connections.ts';
import { DealType } from './deal.type.ts';
import { DealMoveType } from './deal-move.type.ts';

builder.prismaObjectField(DealType, 'moves', (t) =>
  t.field({
    type: [DealMoveType],
    extensions: fromRows,
    description: 'The steps that it has made from stage to stage, newest first. Needs `deals:read`.',
    args: {
      first: t.arg.int({ description: 'How many, from the newest on: 0 to 100, and 20 unless you say so.' }),
    },
    authScopes: { permission: 'deals:read' },
    select: ({ first }, _context, nestedSelection) => ({
      moves: {
        ...nestedSelection({ select: { id: true } }),
        orderBy: [{ movedAt: 'desc' as const }, { id: 'desc' as const }],
        take: readPageSize(first),
      },
    }),
    resolve: ({ moves }) => moves,
  }),
);
