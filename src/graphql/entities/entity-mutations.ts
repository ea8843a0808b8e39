import type { InputRef } from '@pothos/core';
import type { EntityName } from '../../catalogue/entities.ts';
import type { Selection } from '../../db/tenant-client.ts';
import { createRow, deleteRow, type EntityWork, restoreRow, updateRow } from '../../entities/changes.ts';
import type { Entity, EntityRow } from '../../entities/entity.ts';
import { hasSealedValues } from '../../entities/sealed-values.ts';
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
  readonly update?: string;
  readonly delete?: string;
  readonly restore?: string;
}

/** A mutation that differs from those of other entities. */
interface MutationOptions {
  /** An addition to its description. */
  readonly note?: string;
  /** The scopes that let whoever has written a row read it. */
  readonly grants?: readonly string[];
  /** The descriptions of further arguments, by name: each is a switch, and off when it is absent. */
  readonly switches?: Readonly<Record<string, string>>;
}

/** Returns whether a switch among a mutation's arguments is on. */
type IsOn = (name: string) => boolean;

interface CreationOptions<Name extends EntityName> extends MutationOptions {
  readonly input?: InputRef<object>;
  readonly run?: (
    on: EntityWork<Name>,
    input: object,
    selection: Selection,
    isOn: IsOn,
    context: Context,
  ) => Promise<EntityRow>;
}

interface UpdateOptions<Name extends EntityName> extends MutationOptions {
  readonly input?: InputRef<object>;
  readonly run?: (
    on: EntityWork<Name>,
    id: string,
    input: object,
    expectedUpdatedAt: Date | null | undefined,
    selection: Selection,
    context: Context,
    isOn: IsOn,
  ) => Promise<EntityRow>;
}

interface RestorationOptions<Name extends EntityName> extends MutationOptions {
  readonly run?: (
    on: EntityWork<Name>,
    id: string,
    path: readonly string[],
    selection: Selection,
    context: Context,
  ) => Promise<EntityRow>;
}

const idForms = 'The global id or the UUID.';
const readWhatIsWritten = ['reference'];

/** Adds the four mutations of an entity, e.g. `createAsset`, `updateAsset`, `deleteAsset` and `restoreAsset`. */
export function entityMutations<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  notes: EntityMutationNotes = {},
): void {
  creationMutation(entity, type);
  updateMutation(entity, type, notes.update === undefined ? {} : { note: notes.update });
  deletionMutation(entity, notes.delete);
  restorationMutation(entity, type, notes.restore === undefined ? {} : { note: notes.restore });
}

/** Adds the mutation that creates a row. */
export function creationMutation<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  { note, grants = readWhatIsWritten, switches = {}, input, run = createRow }: CreationOptions<Name> = {},
): void {
  const { name, resource } = entity;
  const { one, a } = wordsFor(entity);
  const Input = input ?? creationInput(entity);
  builder.mutationField(`create${name}`, (t) =>
    t.field({
      type,
      description: sentences(`Creates ${a}. Needs \`${resource}:write\`.`, conflictOf(entity), note),
      args: {
        input: t.arg({ type: Input, required: true, description: `The new ${one}.` }),
        ...switchArguments(switches, (description) => t.arg.boolean({ description })),
      },
      authScopes: { permission: `${resource}:write` },
      grantScopes: [...grants],
      resolve: (_root, args, context, info) =>
        writeTo(
          entity,
          context,
          (on) =>
            run(
              on,
              readReferences(entity, args.input),
              selectionFor(context, info),
              switchesOf(args),
              context,
            ),
          args.input,
        ),
    }),
  );
}

/** Adds the mutation that changes a row. */
export function updateMutation<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  { note, grants = readWhatIsWritten, switches = {}, input, run = updateAlone }: UpdateOptions<Name> = {},
): void {
  const { name, resource } = entity;
  const Input = input ?? updateInput(entity);
  builder.mutationField(`update${name}`, (t) =>
    t.field({
      type,
      description: sentences(
        `Changes ${wordsFor(entity).a}. Needs \`${resource}:write\`.`,
        conflictOf(entity),
        note,
      ),
      args: {
        ...idArgument(entity, t.arg.id({ required: true, description: idForms })),
        input: t.arg({ type: Input, required: true, description: 'The changes.' }),
        expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
        ...switchArguments(switches, (description) => t.arg.boolean({ description })),
      },
      authScopes: { permission: `${resource}:write` },
      grantScopes: [...grants],
      resolve: (_root, args, context, info) => {
        const id = idOf(entity, args);
        const changes = readReferences(entity, args.input);
        return writeTo(
          entity,
          context,
          (on) =>
            run(
              on,
              id,
              changes,
              args.expectedUpdatedAt,
              selectionFor(context, info),
              context,
              switchesOf(args),
            ),
          changes,
        );
      },
    }),
  );
}

/** Adds the mutation that deletes a row. @param note an addition to its description. */
export function deletionMutation<Name extends EntityName>(entity: Entity<Name>, note?: string): void {
  const { name, resource, dependents, isReplaceable } = entity;
  const { one, a } = wordsFor(entity);
  builder.mutationField(`delete${name}`, (t) =>
    t.field({
      type: SuccessResponse,
      description: sentences(`Deletes ${a}. Needs \`${resource}:delete\`.`, freedBy(entity), note),
      args: {
        ...idArgument(entity, t.arg.id({ required: true, description: idForms })),
        ...(dependents.length === 0 || !isReplaceable
          ? {}
          : {
              reassignTo: t.arg.id({
                description: `The global id or UUID of another ${one}, which takes over what refers to this one.`,
              }),
            }),
      },
      authScopes: { permission: `${resource}:delete` },
      resolve: async (_root, args, context) => {
        const id = idOf(entity, args);
        const target = optionalId(name, args.reassignTo, ['reassignTo']) ?? null;
        const { label, movedCount } = await writeTo(entity, context, (on) => deleteRow(on, id, target));
        const type = nounOf(name);
        const said =
          label === null
            ? message('done.deletedUnnamed', { type })
            : message('done.deleted', { type, name: label });
        return deleted(name, id, context.say(said), movedCount);
      },
    }),
  );
}

/** Adds the mutation that brings a deleted row back. */
export function restorationMutation<Name extends EntityName>(
  entity: Entity<Name>,
  type: EntityRef,
  { note, grants = readWhatIsWritten, run = restoreRow }: RestorationOptions<Name> = {},
): void {
  const { name, model, list, resource } = entity;
  builder.mutationField(`restore${name}`, (t) =>
    t.field({
      type,
      description: sentences(
        `Brings a deleted ${wordsFor(entity).one} back. References to what has been deleted since are cleared.`,
        `Needs \`${resource}:delete\`.`,
        conflictOf(entity),
        note,
      ),
      args: idArgument(
        entity,
        t.arg.id({ required: true, description: `${idForms} See \`${list}(deleted: true)\`.` }),
      ),
      authScopes: { permission: `${resource}:delete` },
      grantScopes: [...grants],
      resolve: (_root, args, context, info) => {
        const id = idOf(entity, args);
        return writeTo(entity, context, (on) =>
          run(on, id, [`${model}Id`], selectionFor(context, info), context),
        );
      },
    }),
  );
}

function updateAlone<Name extends EntityName>(
  on: EntityWork<Name>,
  id: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<EntityRow> {
  return updateRow(on, id, input, expectedUpdatedAt, selection);
}

// Their names are known at run time alone, as that of the id.
function switchArguments(
  switches: Readonly<Record<string, string>>,
  argument: (description: string) => unknown,
): Record<never, never> {
  return Object.fromEntries(
    Object.entries(switches).map(([name, description]) => [name, argument(description)]),
  );
}

function switchesOf(args: object): IsOn {
  return (name) => Reflect.get(args, name) === true;
}

// Its name is known at run time alone, and would make the types of the other arguments vague.
function idArgument({ model }: Pick<Entity, 'model'>, argument: unknown): Record<never, never> {
  return { [`${model}Id`]: argument };
}

function idOf({ name, model }: Pick<Entity, 'name' | 'model'>, args: object): string {
  const argument = `${model}Id`;
  return parseId(name, String(Reflect.get(args, argument)), [argument]);
}

async function writeTo<Name extends EntityName, T>(
  entity: Entity<Name>,
  context: Context,
  work: (on: EntityWork<Name>) => Promise<T>,
  input: object = {},
): Promise<T> {
  const { sealer } = context;
  if (hasSealedValues(entity, input)) await sealer.prepare();
  const change: Work<T> = (transaction, actor) => work({ entity, transaction, actor, sealer });
  return entity.isIdentity ? context.changeIdentity(change) : context.write(change);
}

/** Names in words the values that no two rows share. */
function uniqueOf<Name extends EntityName>({ unique, uniqueWords = {} }: Entity<Name>): string[] {
  return Object.entries<string>(unique).flatMap(([index, field]) => {
    const words = uniqueWords[index];
    return words === null ? [] : [words ?? field];
  });
}

function conflictOf<Name extends EntityName>(entity: Entity<Name>): string {
  const fields = uniqueOf(entity);
  if (fields.length === 0) return '';
  return `\`CONFLICT\` when another ${wordsFor(entity).one} has the ${fields.join(' or the ')}.`;
}

function freedBy<Name extends EntityName>(entity: Entity<Name>): string {
  const fields = uniqueOf(entity);
  return fields.length === 0 ? '' : `The ${fields.join(' and ')} can be used again.`;
}

function sentences(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}
