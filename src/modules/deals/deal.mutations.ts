import { builder } from '../../graphql/builder.ts';
import {
  creationMutation,
  deletionMutation,
  restorationMutation,
  updateMutation,
} from '../../graphql/entities/entity-mutations.ts';
import { parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { deals } from './deal.service.ts';
import { DealType } from './deal.type.ts';
import { createDeal, moveDeal } from './move-deal.service.ts';

creationMutation(deals, DealType, { run: createDeal });
updateMutation(deals, DealType, { note: 'Its stage is changed by `moveDeal` alone.' });
deletionMutation(
  deals,
  '`CONFLICT` while it has activities: delete them first, or name a deal of the same customer in `reassignTo`.',
);
restorationMutation(deals, DealType);

builder.mutationField('moveDeal', (t) =>
  t.field({
    type: DealType,
    description:
      'Moves a deal to another stage, of any pipeline, and records the step in `moves`. In a won or lost stage it is closed; to make a closed one anything else needs `deals:reopen`. Where the deal is already, nothing happens. Needs `deals:write`.',
    args: {
      dealId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      stageId: t.arg.id({
        required: true,
        description: 'The stage to move it to: the global id or the UUID.',
      }),
      reason: t.arg.string({
        description:
          'Why it is moved; a deal is only lost with one, which becomes its `lostReason`. At most 1,024 characters.',
      }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { permission: 'deals:write' },
    grantScopes: ['reference'],
    resolve: (_root, { dealId, reason, expectedUpdatedAt, ...args }, context, info) => {
      const id = parseId('Deal', dealId, ['dealId']);
      const stageId = parseId('Stage', args.stageId, ['stageId']);
      return context.write((transaction, actor) =>
        moveDeal(
          { entity: deals, transaction, actor },
          id,
          { stageId, reason },
          expectedUpdatedAt,
          selectionFor(context, info),
        ),
      );
    },
  }),
);
