import type { EntityName } from '../../catalogue/entities.ts';
import { createRow, deleteRow, type EntityWork, restoreRow, updateRow } from '../../entities/changes.ts';
import type { Entity } from '../../entities/entity.ts';
import { message, nounOf } from '../../errors/index.ts';
import { builder } from '../builder.ts';
import type { Context, Work } from '../context.ts';
import { optionalId, parseId } from '../global-id.ts';
import { expectedUpdatedAtArgument } from '../optimistic-lock.ts';
import { selectionFor } from '../selection.ts';
import { deleted, SuccessResponse } from '../success-response.ts';
import { creationInput, readReferences, updateInput } from './entity-inputs.ts';
import type { EntityRef } from './entity-queries.ts';
import { wordsFor } from './entity-words.ts';

/** Additions to the descriptions of an entity's mutations. */
export interface EntityMutationNotes {
  readonly delete?: string;
  readonly restore?: string;
}

const idForms = 'The global id or the UUID.';

/** Adds the four mutations of an entity, e.g. `createAsset`, `updateAsset`, `deleteAsset` and `restoreAsset`. */
export function entityMutations<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  notes: EntityMutationNotes = {},
): void {
  const { name, model, resource, dependents } = entity;
  const { one, a } = wordsFor(entity);
  const idArgument = `${model}Id`;
  // Its name is known at run time alone, and would make the types of the other arguments vague.
  const idArg = (argument: unknown): Record<never, never> => ({ [idArgument]: argument });
  const idOf = (args: object) => parseId(name, String(Reflect.get(args, idArgument)), [idArgument]);
  const write = <T>(context: Context, work: (on: EntityWork<Name>) => Promise<T>): Promise<T> => {
    const change: Work<T> = (transaction, actor) => work({ entity, transaction, actor });
    return entity.isIdentity ? context.changeIdentity(change) : context.write(change);
  };
  const unique = Object.values<string>(entity.unique);
  const conflict =
    unique.length === 0 ? '' : ` \`CONFLICT\` when another ${one} has the ${unique.join(' or the ')}.`;

  const CreateInput = creationInput(entity);
  builder.mutationField(`create${name}`, (t) =>
    t.field({
      type,
      description: `Creates ${a}. Needs \`${resource}:write\`.${conflict}`,
      args: { input: t.arg({ type: CreateInput, required: true, description: `The new ${one}.` }) },
      authScopes: { permission: `${resource}:write` },
      grantScopes: ['reference'],
      resolve: (_root, { input }, context, info) =>
        write(context, (on) => createRow(on, readReferences(entity, input), selectionFor(context, info))),
    }),
  );

  const UpdateInput = updateInput(entity);
  builder.mutationField(`update${name}`, (t) =>
    t.field({
      type,
      description: `Changes ${a}. Needs \`${resource}:write\`.${conflict}`,
      args: {
        ...idArg(t.arg.id({ required: true, description: idForms })),
        input: t.arg({ type: UpdateInput, required: true, description: 'The changes.' }),
        expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
      },
      authScopes: { permission: `${resource}:write` },
      grantScopes: ['reference'],
      resolve: (_root, args, context, info) => {
        const id = idOf(args);
        const changes = readReferences(entity, args.input);
        return write(context, (on) =>
          updateRow(on, id, changes, args.expectedUpdatedAt, selectionFor(context, info)),
        );
      },
    }),
  );

  builder.mutationField(`delete${name}`, (t) =>
    t.field({
      type: SuccessResponse,
      description: `Deletes ${a}. Needs \`${resource}:delete\`.${notes.delete ? ` ${notes.delete}` : ''}`,
      args: {
        ...idArg(t.arg.id({ required: true, description: idForms })),
        ...(dependents.length === 0
          ? {}
          : {
              reassignTo: t.arg.id({
                description: `The global id or UUID of another ${one}, which takes over what refers to this one.`,
              }),
            }),
      },
      authScopes: { permission: `${resource}:delete` },
      resolve: async (_root, args, context) => {
        const id = idOf(args);
        const target = optionalId(name, args.reassignTo, ['reassignTo']) ?? null;
        const { label, movedCount } = await write(context, (on) => deleteRow(on, id, target));
        const said = message('done.deleted', { type: nounOf(name), name: label });
        return deleted(name, id, context.say(said), movedCount);
      },
    }),
  );

  builder.mutationField(`restore${name}`, (t) =>
    t.field({
      type,
      description: `Brings a deleted ${one} back. References to what has been deleted since are cleared. Needs \`${resource}:delete\`.${conflict}${notes.restore ? ` ${notes.restore}` : ''}`,
      args: idArg(
        t.arg.id({ required: true, description: `${idForms} See \`${resource}(deleted: true)\`.` }),
      ),
      authScopes: { permission: `${resource}:delete` },
      grantScopes: ['reference'],
      resolve: (_root, args, context, info) => {
        const id = idOf(args);
        return write(context, (on) => restoreRow(on, id, [idArgument], selectionFor(context, info)));
      },
    }),
  );
}
