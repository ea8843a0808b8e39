import { randomUUID } from 'node:crypto';
import { type TestedEntity, testedFor } from '../../entities/entity-table.ts';
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
} from './replay.ts';

/** The code and name of a new row: codes are unique, and names include the tenant. */
const newRow = ({ tenantKey }: ReplayTenant) => ({
  code: `new-${randomUUID()}`,
  name: `New of ${tenantKey}`,
});

/** The replays of the fields of an input that name rows, or one of the subject where there are none. */
function creations({ references, required }: TestedEntity): Replay[] {
  const refusal = refused('VALIDATION_FAILED');
  const found = Object.entries(references).flatMap(([field, type]) =>
    byId(`input.${field}`, type, refusal, (id, caller) => ({
      input: { ...newRow(caller), ...required, [field]: id },
    })),
  );
  if (found.length > 0) return found;
  return [bySubject(refused('UNAUTHENTICATED'), (caller) => ({ input: { ...newRow(caller), ...required } }))];
}

/** The replays of an entity's rows. */
function replaysOf(entity: TestedEntity): Replays {
  const { name, model, resource, idArgument, references, text, dependents } = entity;
  const only = (id: string) => ({ [idArgument]: id });
  const byOwnId = (variables: (id: string) => object, state?: 'live' | 'deleted') =>
    byId(idArgument, name, refused('NOT_FOUND'), variables, {
      ...(state ? { idOf: (target) => target.spare(name, state) } : {}),
    });
  return {
    [`Query.${resource}`]: [...list(resource), ...filters(resource, entity.filters)],
    [`Query.${model}`]: byId(idArgument, name, notThere(model), only),
    [`Mutation.create${name}`]: creations(entity),
    [`Mutation.update${name}`]: [
      ...byOwnId((id) => ({ ...only(id), input: { [text.field]: `Changed ${randomUUID()}` } })),
      ...Object.entries(references).flatMap(([field, type]) =>
        byId(`input.${field}`, type, refused('VALIDATION_FAILED'), async (id, { own }) => ({
          ...only(await own.spare(name)),
          input: { [field]: id },
        })),
      ),
    ],
    [`Mutation.delete${name}`]: [
      ...byOwnId(only, 'live'),
      ...(Object.keys(dependents).length === 0
        ? []
        : byId('reassignTo', name, refused('VALIDATION_FAILED'), async (reassignTo, { own }) => ({
            ...only(await own.spare(name)),
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
