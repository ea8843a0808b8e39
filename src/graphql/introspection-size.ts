import {
  type GraphQLSchema,
  getNamedType,
  introspectionFromSchema,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { message, QueryTooComplexError } from '../errors/index.ts';
import type { FieldCollector, SelectedField } from './selected-fields.ts';

/** How often the full introspection that tools ask for fits in: a schema that grows keeps them working. */
const fullIntrospections = 2.2;

/** The characters around a key and its value: quotes, a colon, a comma, brackets. */
const punctuation = 6;

/** Adds up the answers of an operation's `__schema` and `__type` fields. */
export interface IntrospectionMeter {
  /** @throws {QueryTooComplexError} when the answers together are longer than is allowed. */
  add(field: SelectedField, args: Readonly<Record<string, unknown>>): void;
}

/** Part of the schema, as introspection describes it. */
type Description = Readonly<Record<string, unknown>>;

interface DescribedSchema {
  /** The characters that an operation may ask for. */
  readonly maximumCharacters: number;
  readonly schema: Description;
  readonly types: ReadonlyMap<unknown, Description>;
}

/** All objects of one type at one place of the answer, and what is selected of them. */
interface Place {
  readonly typeName: string;
  readonly selectionSets: readonly SelectionSetNode[];
  readonly objects: readonly Description[];
}

/**
 * Creates the meter of one operation. It goes through the schema as execution would, because types differ so much in
 * their numbers of fields and arguments that an estimate would either allow too much or refuse what tools ask for.
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

  /** Counts the fields of the objects at one place, and returns the places below. */
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
