import type { GraphQLField, GraphQLFieldResolver, GraphQLObjectType } from 'graphql';
import type { Context } from '../context.ts';
import { isContextOnly } from '../context-only.ts';
import { encodeGlobalId } from '../global-id.ts';
import { nodeIdReader } from '../node-ids.ts';
import { isRecord, optionsOf } from './pothos-options.ts';
import { GiveUp, type LoadedObject } from './readers.ts';

/** Returns what a field's resolver would return for a loaded parent, possibly a promise. */
export type FieldReader = (parent: LoadedObject, context: Context) => unknown;

/**
 * Creates the reader of a field whose value is in its parent (an exposed column, a relation or its count, a node id, a
 * part of a connection) or whose resolver reads only its parent and the context.
 * @returns null for any other field.
 */
export function createFieldReader(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
): FieldReader | null {
  if (field.name === 'id') {
    const readId = nodeIdReader(optionsOf(parent));
    if (readId) return (row, context) => encodeGlobalId(parent.name, String(readId(row, {}, context)));
  }
  const counted = countedRelation(field);
  if (counted !== null) return readCount(counted);
  const resolve = originalResolver(field);
  if (!resolve) return null;
  if (isContextOnly(field)) return (row, context) => callWithoutInfo(resolve, row, context);
  const property = propertyOf(parent, field);
  return property !== null && readsProperty(resolve, property) ? readProperty(property) : null;
}

/** Returns the property of the parent behind an exposed column, a relation or a part of a connection. */
function propertyOf(
  { name: parentName }: GraphQLObjectType,
  { name, extensions }: GraphQLField<unknown, unknown>,
): string | null {
  const { pothosExposedField: exposed, pothosPrismaRelationField: relation } = extensions;
  if (typeof exposed === 'string') return exposed;
  if (isRecord(relation) && typeof relation.name === 'string') return relation.name;
  const isPart =
    (parentName.endsWith('Connection') && (name === 'edges' || name === 'pageInfo')) ||
    (parentName.endsWith('Edge') && name === 'node');
  return isPart ? name : null;
}

/** Tests whether a resolver returns a property of its parent and reads nothing else. */
function readsProperty(resolve: Resolver, property: string): boolean {
  try {
    return [{}, null].every((value) => {
      const parent = readableOnly({ [property]: value });
      // graphql-js' default resolver takes the property's name from there.
      const info = readableOnly({ fieldName: property });
      return Reflect.apply(resolve, undefined, [parent, readableOnly({}), readableOnly({}), info]) === value;
    });
  } catch {
    return false;
  }
}

/** Throws for every property that is missing from the object. */
function readableOnly(object: object): object {
  return new Proxy(object, {
    get(target, property) {
      if (!Object.hasOwn(target, property)) throw new Error(`${String(property)} must not be read.`);
      return Reflect.get(target, property);
    },
  });
}

function readProperty(name: string): FieldReader {
  return (row) => row[name];
}

function readCount(relation: string): FieldReader {
  return ({ _count: counts }) => (isRecord(counts) ? counts[relation] : undefined);
}

/** Returns the relation that a field counts, as declared by the Prisma plugin's `relationCount`. */
function countedRelation({ extensions }: GraphQLField<unknown, unknown>): string | null {
  const select: unknown = extensions.pothosPrismaSelect;
  if (!isRecord(select) || !isRecord(select._count) || !isRecord(select._count.select)) return null;
  const [relation, ...others] = [
    ...Object.keys(select._count.select),
    ...Object.keys(select).filter((name) => name !== '_count'),
  ];
  return relation !== undefined && others.length === 0 ? relation : null;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Returns the resolver that a field was declared with, without the plugins' wrappers. */
function originalResolver({ extensions }: GraphQLField<unknown, unknown>): Resolver | null {
  const resolve: unknown = extensions.pothosOriginalResolve;
  return typeof resolve === 'function' ? (...args) => Reflect.apply(resolve, undefined, args) : null;
}

/**
 * Calls a resolver that reads only its parent and the context.
 * @throws {GiveUp} when it throws, because only graphql-js knows the error's path.
 */
function callWithoutInfo(resolve: Resolver, row: object, context: unknown): unknown {
  try {
    return Reflect.apply(resolve, undefined, [row, {}, context]);
  } catch (error) {
    throw new GiveUp('A resolver has failed.', { cause: error });
  }
}
