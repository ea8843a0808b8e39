import {
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

/** A field of `Query` or `Mutation`. */
export type RootField = GraphQLField<unknown, unknown>;

/** The fields of `Query` and `Mutation` by coordinate, e.g. `Query.users`. */
export function rootFields(schema: GraphQLSchema): ReadonlyMap<string, RootField> {
  const types = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => type ?? []);
  return new Map(
    types.flatMap((type) =>
      Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
    ),
  );
}

/**
 * Writes an operation that calls one root field with a variable for each of its arguments, and selects every
 * field of the answer, `depth` objects deep: what a type refers to where it comes first, and its own values everywhere.
 * A field added to the schema is selected without anybody's doing.
 * @param selects whether to select a field below the root; every one unless told.
 */
export function writeFullOperation(
  schema: GraphQLSchema,
  coordinate: string,
  depth: number,
  selects: (field: GraphQLField<unknown, unknown>) => boolean = () => true,
): string {
  const field = rootFields(schema).get(coordinate);
  if (!field) throw new Error(`The schema has no field ${coordinate}`);
  const kind = coordinate.startsWith('Mutation.') ? 'mutation' : 'query';
  const variables = field.args.map(({ name, type }) => `$${name}: ${String(type)}`);
  const args = field.args.map(({ name }) => `${name}: $${name}`);
  const list = (items: readonly string[]) => (items.length === 0 ? '' : `(${items.join(', ')})`);
  return `${kind} ${list(variables)} { ${field.name}${list(args)} ${selectEverything({ schema, selects, opened: new Set() }, field.type, depth)} }`;
}

/** A document that is being written. */
interface Writing {
  readonly schema: GraphQLSchema;
  readonly selects: (field: GraphQLField<unknown, unknown>) => boolean;
  /** The types of which what they refer to is selected already. */
  readonly opened: Set<string>;
}

function selectEverything(
  writing: Writing,
  outputType: GraphQLOutputType,
  depth: number,
  prefix = '',
): string {
  const { schema, selects, opened } = writing;
  const type = getNamedType(outputType);
  if (isAbstractType(type)) {
    // Two types may have a field of one name and different types, which can't stand beside each other.
    const fragments = schema
      .getPossibleTypes(type)
      .map(
        (possible) =>
          `... on ${possible.name} ${selectEverything(writing, possible, depth, `${possible.name}_`)}`,
      );
    return `{ __typename ${fragments.join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  const isOpen = depth > 1 && !opened.has(type.name);
  if (isOpen) opened.add(type.name);
  const fields = Object.values(type.getFields())
    .filter((field) => selects(field) && !field.args.some(isRequiredArgument))
    .filter((field) => isOpen || !isComposite(field.type))
    .map(({ name, type: fieldType }) => {
      const alias = prefix === '' ? '' : `${prefix}${name}: `;
      return `${alias}${name} ${selectEverything(writing, fieldType, depth - 1)}`;
    });
  return `{ __typename ${fields.join(' ')} }`;
}

function isComposite(type: GraphQLOutputType): boolean {
  const named = getNamedType(type);
  return isObjectType(named) || isAbstractType(named);
}
