import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
} from 'graphql';
import { objectTypes } from './object-types.ts';

/**
 * The extension of a field whose value depends only on the rows of the viewer's tenant, on the viewer and their
 * permissions, and on the arguments, and so stays the same as long as no row changes. It must not depend on rows that
 * no version covers (see prisma/migrations/20261127200000_data_versions), the clock, the request's session or its
 * headers.
 */
export const fromRows = { answersFrom: 'rows' } as const;

/**
 * The extension of a field, of a type or of an argument, whose values also depend on something else. Such answers are
 * not cached.
 */
export const fromOutside = { answersFrom: 'outside' } as const;

/** Returns whether values of the field or the type, or with the argument, may depend on more than the tenant's rows. */
export function isFromOutside({
  extensions,
}: GraphQLField<unknown, unknown> | GraphQLNamedType | GraphQLArgument): boolean {
  return extensions.answersFrom === fromOutside.answersFrom;
}

/** Returns whether the field is declared with {@link fromRows}. */
export function isFromRows({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return extensions.answersFrom === fromRows.answersFrom;
}

/**
 * Returns the fields, as `Type.field`, that declare neither {@link fromRows} nor {@link fromOutside} although they
 * must: all fields of `Query`, and, of the types behind those from rows, the fields with a resolver of their own.
 * Columns, relations and the fields of connections are from rows by default.
 */
export function undeclaredAnswerSources(schema: GraphQLSchema): string[] {
  const query = schema.getQueryType();
  if (!query) return [];
  const undeclared: string[] = [];
  const reached = new Set<GraphQLObjectType>([query]);
  for (const type of reached) {
    for (const field of Object.values(type.getFields())) {
      if (isFromOutside(field)) continue;
      if (!isFromRows(field) && (type === query || !isPlain(type, field))) {
        undeclared.push(`${type.name}.${field.name}`);
      }
      for (const next of objectTypes(schema, getNamedType(field.type))) {
        if (!isFromOutside(next)) reached.add(next);
      }
    }
  }
  return undeclared;
}

/**
 * Denies by default, so that a forgotten declaration never shows as a stale answer. @throws naming every such field.
 */
export function assertAnswerSourcesDeclared(schema: GraphQLSchema): void {
  const undeclared = undeclaredAnswerSources(schema);
  if (undeclared.length === 0) return;
  throw new Error(
    `These fields declare neither fromRows nor fromOutside (src/graphql/answer-sources.ts), so it is unknown whether their answers may be cached: ${undeclared.join(', ')}`,
  );
}

const connectionFields: ReadonlySet<string> = new Set(['cursor', 'edges', 'node', 'pageInfo']);

/**
 * Returns whether the field has only a resolver of the libraries, for columns, relations, global ids or connections.
 */
function isPlain(type: GraphQLObjectType, { name, extensions }: GraphQLField<unknown, unknown>): boolean {
  return (
    Boolean(extensions.pothosExposedField) ||
    Boolean(extensions.pothosPrismaRelationField) ||
    (name === 'id' && type.getInterfaces().some((implemented) => implemented.name === 'Node')) ||
    (connectionFields.has(name) && /(Connection|Edge)$/.test(type.name))
  );
}
