import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { ManagerType } from './manager.type.ts';

builder.queryField('currentManager', (t) =>
  t.field({
    type: ManagerType,
    extensions: fromOutside,
    description: 'The signed-in manager. Only for managers who are in no tenant; users ask for `me`.',
    authScopes: { manager: true },
    resolve: (_root, _args, { viewer }) => viewer.userId,
  }),
);
