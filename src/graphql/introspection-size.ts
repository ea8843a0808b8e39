import {
  type GraphQLSchema,
  getNamedType,
  introspectionFromSchema,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';
import type { FieldCollector, SelectedField } from './selected-fields.ts';

/**
 * The limit, as a multiple of the full introspection that tools request, so that they keep working as the schema grows.
 */
const fullIntrospections = 2.2;

/** The number of characters around a key and its value: quotes, a colon, a comma, brackets. */
const punctuation = 6;

/** Adds up the sizes of an operation's `__schema` and `__type` fields. */
export interface IntrospectionMeter {
  /** @throws {QueryTooComplexError} when the answers together exceed the limit. */
  add(field: SelectedField, args: Readonly<Record<string, unknown>>): void;
}

/** A part of the schema as described by introspection. */
type Description = Readonly<Record<string, unknown>>;

interface DescribedSchema {
  /** The maximum number of characters of introspection for an operation. */
  readonly maximumCharacters: number;
  readonly schema: Description;
  readonly types: ReadonlyMap<unknown, Description>;
}

/** All objects of one type at one place in the answer, and the selections on them. */
interface Place {
  readonly typeName: string;
  readonly selectionSets: readonly SelectionSetNode[];
  readonly objects: readonly Description[];
}

/**
 * Creates the meter of one operation. It walks the schema as execution would: types differ so much in their numbers of
 * fields and arguments that an estimate would either allow too much or refuse what tools request.
 */
export function createIntrospectionMeter(
  schema: GraphQLSchema,
  collectFields: FieldCollector,
): IntrospectionMeter {
  let characters = 0;

  function count(more: number): void {
    const { maximumCharacters } = describe(schema);
    characters += more;
    if (characters > maximumCharacters) {
      throw new QueryTooComplexError(message('request.tooMuchIntrospection', { limit: maximumCharacters }), {
        limit: maximumCharacters,
      });
    }
  }

  /** Counts the fields of the objects at one place, and returns the places below it. */
  function countPlace(place: Place, types: DescribedSchema['types']): Place[] {
    const type = schema.getType(place.typeName);
    if (!isObjectType(type) || place.objects.length === 0) return [];
    const below: Place[] = [];
    for (const { node, selectionSets } of collectFields(type, place.selectionSets)) {
      const name = node.name.value;
      const valueType = type.getFields()[name]?.type;
      const typeName = valueType ? getNamedType(valueType).name : '';
      const objects: Description[] = [];
      for (const object of place.objects) {
        count((node.alias?.value ?? name).length + punctuation);
        for (const value of [object[name]].flat()) {
          if (isDescription(value)) {
            count(1);
            objects.push((typeName === '__Type' && types.get(value.name)) || value);
          } else count(String(value).length);
        }
      }
      below.push({ typeName, selectionSets, objects });
    }
    return below;
  }

  return {
    add({ node, selectionSets }, args) {
      const { schema: root, types } = describe(schema);
      const isSchema = node.name.value === '__schema';
      const object = isSchema ? root : types.get(args.name);
      const open: Place[] = [
        { typeName: isSchema ? '__Schema' : '__Type', selectionSets, objects: object ? [object] : [] },
      ];
      for (let place = open.pop(); place; place = open.pop()) open.push(...countPlace(place, types));
    },
  };
}

function isDescription(value: unknown): value is Description {
  return typeof value === 'object' && value !== null;
}

const described = new WeakMap<GraphQLSchema, DescribedSchema>();

function describe(schema: GraphQLSchema): DescribedSchema {
  const known = described.get(schema);
  if (known) return known;
  const { __schema: root } = introspectionFromSchema(schema);
  const { length } = JSON.stringify(root);
  const made = {
    maximumCharacters: Math.ceil((length * fullIntrospections) / 100_000) * 100_000,
    schema: { ...root },
    types: new Map(root.types.map((type) => [type.name, { ...type }])),
  };
  described.set(schema, made);
  return made;
}
