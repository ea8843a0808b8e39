import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { ViewerType } from './viewer.type.ts';

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    nullable: true,
    extensions: fromRows,
    description:
      'Who you are, where, and what you may do there: for users and managers alike, in a tenant or not. Without a good access token it is refused as other fields are, with `UNAUTHENTICATED` or `TOKEN_EXPIRED`.',
    authScopes: { signedIn: true },
    resolve: (_root, _args, { viewer }) => viewer,
  }),
);
