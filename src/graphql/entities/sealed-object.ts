import { type GraphQLResolveInfo, getNamedType, isObjectType, Kind } from 'graphql';
import type { EntityName } from '../../catalogue/entities.ts';
import type { Entity } from '../../entities/entity.ts';
import { readSealedValues, type SealedValues } from '../../entities/sealed-values.ts';
import { fromOutside } from '../answer-sources.ts';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { contextOnly } from '../context-only.ts';
import { costsStatement } from '../costs.ts';
import { createFieldCollector } from '../selected-fields.ts';

/** The words of an entity's sealed fields in the schema. */
export interface SealedObjectWords {
  /** The type that holds them. */
  readonly type: string;
  readonly typeDescription: string;
  /** The entity's field that leads there. */
  readonly field: string;
  readonly fieldDescription: string;
}

/**
 * Adds the sealed fields of an entity as an object of their own to its type: in clear or masked, as the viewer may read
 * them. Only what is selected is decrypted, for all rows of a page together. No cache keeps such answers, because
 * whoever reads has to be recorded each time.
 */
export function sealedObject<Name extends EntityName>(entity: Entity<Name>, words: SealedObjectWords): void {
  const type = builder.objectRef<SealedValues>(words.type).implement({
    description: words.typeDescription,
    // Whoever may not read them in clear gets them masked, or no object at all.
    authScopes: { inTenant: true },
    extensions: fromOutside,
    fields: (t) => ({
      isMasked: t.exposeBoolean('isMasked', {
        description: 'Whether the values are masked, because you may not read them in clear.',
      }),
      ...Object.fromEntries(
        entity.sealedColumns.map(({ name, meaning, masked }) => [
          name,
          t.string({
            nullable: true,
            description: `${meaning} Masked, e.g. \`${masked}\`.`,
            extensions: { ...contextOnly, ...fromOutside },
            resolve: ({ values }) => values.get(name) ?? null,
          }),
        ]),
      ),
    }),
  });
  const load = (ids: string[], context: Context, _args: object, info: GraphQLResolveInfo) =>
    context.enqueue(() =>
      readSealedValues(
        {
          entity,
          db: context.db,
          sealer: context.sealer,
          actor: context.actor,
          recorded: recordedIn(context, entity),
        },
        ids,
        selectedNames(info),
      ),
    );
  const name: EntityName = entity.name;
  builder.prismaObjectField(name, words.field, (t) =>
    t.loadable({
      type,
      nullable: true,
      // Aliases may select different fields.
      byPath: true,
      description: words.fieldDescription,
      extensions: { ...costsStatement(), ...fromOutside },
      load,
      resolve: ({ id }) => id,
    }),
  );
}

/** What requests have read and recorded, by entity and row. */
const readings = new WeakMap<Context, Map<EntityName, Map<string, Set<string>>>>();

function recordedIn(context: Context, { name }: Pick<Entity, 'name'>): Map<string, Set<string>> {
  const known = readings.get(context) ?? new Map<EntityName, Map<string, Set<string>>>();
  readings.set(context, known);
  const recorded = known.get(name) ?? new Map<string, Set<string>>();
  known.set(name, recorded);
  return recorded;
}

/** The names of the fields that are selected of the object, whatever their aliases and fragments. */
function selectedNames({
  schema,
  fragments,
  variableValues,
  returnType,
  fieldNodes,
}: GraphQLResolveInfo): string[] {
  const type = getNamedType(returnType);
  if (!isObjectType(type)) return [];
  const document = { kind: Kind.DOCUMENT, definitions: Object.values(fragments) } as const;
  const collect = createFieldCollector(schema, document, variableValues);
  const sets = fieldNodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  return [...collect(type, sets)].map(({ node }) => node.name.value);
}
