import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedList } from '../../graphql/entities/nested-list.ts';
import { UserType } from '../users/user.type.ts';
import { assetPage } from './asset.queries.ts';
import { assets } from './asset.service.ts';
import { AssetType } from './asset.type.ts';

const held = nestedList(assets, 'held', 'code');

builder.prismaObjectField(UserType, 'assets', (t) =>
  t.connection(
    {
      type: AssetType,
      extensions: fromRows,
      description:
        'What the user has of the company, by code. Needs `assets:read`, and shows what its scope reaches.',
      authScopes: { permission: 'assets:read' },
      select: (args, context, nestedSelection) => ({
        assets: {
          ...nestedSelection({ select: { id: true, code: true } }, ['edges', 'node']),
          ...held.page(args, context),
        },
        _count: { select: { assets: held.all(context) } },
      }),
      resolve: (user, args, context, info) =>
        held.resolve(args, info, context, {
          rows: user.assets,
          count: user._count.assets,
        }),
    },
    assetPage.connection,
    assetPage.edge,
  ),
);
