import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EntityName } from '../../../src/catalogue/entities.ts';
import { delegateOf } from '../../../src/entities/references.ts';
import { decodeGlobalId } from '../../../src/graphql/global-id.ts';
import { inputNames, requiredValues, type TestedEntity, testedFor } from '../../entities/entity-table.ts';
import {
  byId,
  bySubject,
  filters,
  list,
  notThere,
  type Replay,
  type Replays,
  type ReplayTenant,
  refused,
  type Target,
} from './replay.ts';

/** The least that the input for a new row needs: codes are unique, and names include the tenant. */
const newRow = (
  entity: TestedEntity,
  { tenantKey, own }: ReplayTenant,
  given: object = {},
): Record<string, unknown> => ({
  ...inputNames(entity, { label: `New of ${tenantKey}` }),
  ...requiredValues(entity),
  ...Object.fromEntries(
    entity.needs.flatMap((field) => {
      const type = entity.references[field];
      return type === undefined ? [] : [[field, own.ids[type]]];
    }),
  ),
  ...given,
});

/** Refers to a row that nothing else does, where no two rows may refer to the same. */
const targetOf = ({ once }: TestedEntity, field: string, type: EntityName) =>
  once.includes(field) ? { idOf: (target: Target) => target.spare(type) } : {};

/** What a row has to have in common with the caller's own row that it is to refer to. */
function sharedWith(
  { references, shares }: TestedEntity,
  field: string,
  { own, sameIds }: ReplayTenant,
  target: Target,
): object {
  const type = shares === undefined ? undefined : references[shares];
  const isTheirs = target === own || target === sameIds;
  return shares === undefined || type === undefined || field === shares || !isTheirs
    ? {}
    : { [shares]: target.ids[type] };
}

/** The replays of the fields of an input that name rows, or one of the subject where there are none. */
function creations(entity: TestedEntity): Replay[] {
  const refusal = refused('VALIDATION_FAILED');
  const found = Object.entries(entity.references).flatMap(([field, type]) =>
    byId(
      `input.${field}`,
      type,
      refusal,
      async (id, caller, target) => {
        const apart = entity.once.filter((other) => other !== field && entity.needs.includes(other));
        const own: Record<string, unknown> = { ...sharedWith(entity, field, caller, target) };
        for (const other of apart) {
          const needed = entity.references[other];
          if (needed !== undefined) own[other] = await caller.own.spare(needed);
        }
        return { input: newRow(entity, caller, { ...own, [field]: id }) };
      },
      targetOf(entity, field, type),
    ),
  );
  if (found.length > 0) return found;
  return [bySubject(refused('UNAUTHENTICATED'), (caller) => ({ input: newRow(entity, caller) }))];
}

/** Creates a row that refers to the same as another one, where that is there: some take over only from those. */
async function spareBeside(
  { name, needs = [] }: TestedEntity,
  { own, db }: ReplayTenant,
  beside: string,
): Promise<string> {
  const id = await own.spare(name);
  const uuid = z.uuid().safeParse(beside).success ? beside : decodeGlobalId(beside).id;
  const row = await delegateOf(db, name).findFirst({ where: { id: uuid } });
  const data = Object.fromEntries(needs.map((field) => [field, row && Reflect.get(row, field)]));
  if (row && needs.length > 0) await delegateOf(db, name).update({ where: { id }, data });
  return id;
}

/** The replays of an entity's rows. */
function replaysOf(entity: TestedEntity): Replays {
  const { name, model, list: listName, idArgument, references, fixed, text, dependents, itself } = entity;
  const only = (id: string) => ({ [idArgument]: id });
  const byOwnId = (variables: (id: string) => object, state?: 'live' | 'deleted') =>
    byId(idArgument, name, refused('NOT_FOUND'), variables, {
      ...(state ? { idOf: (target) => target.spare(name, state) } : {}),
    });
  const queries = {
    [`Query.${listName}`]: [...list(listName), ...filters(listName, entity.filters)],
    [`Query.${model}`]: byId(idArgument, name, notThere(model), only),
  };
  if (itself?.mutations !== undefined) return queries;
  return {
    ...queries,
    [`Mutation.create${name}`]: creations(entity),
    [`Mutation.update${name}`]: [
      ...byOwnId((id) => ({ ...only(id), input: { [text.field]: `Changed ${randomUUID()}` } })),
      ...Object.entries(references).flatMap(([field, type]) =>
        fixed.includes(field)
          ? []
          : byId(
              `input.${field}`,
              type,
              refused('VALIDATION_FAILED'),
              async (id, caller, target) => ({
                ...only(await caller.own.spare(name)),
                input: { ...sharedWith(entity, field, caller, target), [field]: id },
              }),
              targetOf(entity, field, type),
            ),
      ),
    ],
    [`Mutation.delete${name}`]: [
      ...byOwnId(only, 'live'),
      ...(Object.keys(dependents).length === 0
        ? []
        : byId('reassignTo', name, refused('VALIDATION_FAILED'), async (reassignTo, caller) => ({
            ...only(await spareBeside(entity, caller, reassignTo)),
            reassignTo,
          }))),
    ],
    [`Mutation.restore${name}`]: byOwnId(only, 'deleted'),
  };
}

/** The replays of entities without their own replays. */
export const entityReplays: Replays = Object.fromEntries(
  testedFor('replays').flatMap((entity) => Object.entries(replaysOf(entity))),
);

/** Permissions are the same in all tenants. */
export const permissionReplays: Replays = {
  'Query.permissions': [bySubject(refused('UNAUTHENTICATED'), () => ({}))],
};
