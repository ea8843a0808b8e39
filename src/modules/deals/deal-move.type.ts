import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { costsStatement, longText } from '../../graphql/costs.ts';
import { toOne } from '../../graphql/entities/to-one.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { findAuthors } from '../users/user.service.ts';
import { UserType } from '../users/user.type.ts';
import { DealType } from './deal.type.ts';

const deal = toOne('Deal');
const idSchema = z.string().nullable();

export const DealMoveType = builder.prismaObject('DealMove', {
  description: 'A step that a deal has made from one stage to another. Never changed. Needs `deals:read`.',
  select: { id: true },
  authScopes: { permission: 'deals:read' },
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id, which nothing else has.' }),
    deal: t.field({
      type: DealType,
      nullable: true,
      description: 'The deal; null when it does not exist for you.',
      extensions: { ...contextOnly, ...fromRows },
      select: (_args, _context, nestedSelection) => ({ deal: nestedSelection({ select: deal.columns }) }),
      resolve: (row, _args, context) => deal.visible(row.deal, context),
    }),
    fromStage: t.relation('fromStage', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The stage that it left; null for the one in which it began.',
    }),
    toStage: t.relation('toStage', {
      grantScopes: ['reference'],
      description: 'The stage that it came to.',
    }),
    movedAt: t.expose('movedAt', { type: 'DateTime', description: 'When.' }),
    movedBy: t.loadable({
      type: UserType,
      nullable: true,
      byPath: true,
      extensions: { ...costsStatement(), ...fromRows, pothosPrismaSelect: { movedBy: true } },
      description: 'Who moved it; null for a manager of the platform. Needs `users:read`, unless it was you.',
      load: (ids: string[], context: Context, _args: object, info: GraphQLResolveInfo) =>
        findAuthors(context.db, ids, selectionFor(context, info)),
      resolve: (row: object, _args, context, info) => {
        const id = idSchema.parse(Reflect.get(row, 'movedBy'));
        // Tells the object that its mover is loaded with what the client asked for, as for authors.
        if (id !== null) selectionFor(context, info);
        return id;
      },
    }),
    durationSeconds: t.exposeInt('secondsInStage', {
      description: 'How long it was in the stage that it left; 0 where it left none.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      extensions: longText,
      description: 'Why it was lost, or moved.',
    }),
  }),
});
