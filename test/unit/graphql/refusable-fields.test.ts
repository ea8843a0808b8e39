import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { guardObjects } from '../../../src/graphql/guards.ts';
import { assertRefusalsIsolated, refusableNonNullFields } from '../../../src/graphql/refusable-fields.ts';
import { schema } from '../../../src/schema.ts';

type Fields = Readonly<
  Record<string, { readonly type: GraphQLOutputType; readonly [option: string]: unknown }>
>;

/** Creates a type with the options that Pothos would keep with it. */
const object = (name: string, fields: Fields, options: object = {}) =>
  new GraphQLObjectType({
    name,
    extensions: { pothosOptions: options },
    fields: Object.fromEntries(
      Object.entries(fields).map(([field, { type, ...pothosOptions }]) => [
        field,
        { type, extensions: { pothosOptions } },
      ]),
    ),
  });

const required = <T extends GraphQLOutputType>(type: T) => new GraphQLNonNull(type);
const listOf = (type: GraphQLOutputType) => new GraphQLList(type);
const found = (fields: Fields) =>
  refusableNonNullFields(new GraphQLSchema({ query: object('Query', fields) }));

const user = object(
  'User',
  { name: { type: GraphQLString } },
  { authScopes: guardObjects({ permission: 'users:read', granted: 'user' }) },
);
const readsUsers = { authScopes: { permission: 'users:read' } };

/** A page of users that a root field leads to. */
const page = () => {
  const edge = object('Edge', { node: { type: required(user) } });
  return object('Page', { edges: { type: required(listOf(required(edge))) } });
};

describe('a non-null field that a guard may refuse is found', () => {
  it.each<[string, Fields, string]>([
    ['of the root', { secret: { type: required(GraphQLString) } }, 'Query.secret'],
    [
      'with a guard of its own',
      { page: { type: object('Page', { x: { type: required(GraphQLString), ...readsUsers } }) } },
      'Page.x',
    ],
    ['to an object of a guarded type', { page: { type: page() } }, 'Edge.node'],
    [
      'to guarded objects in a list that is nullable itself',
      { users: { type: listOf(required(user)) } },
      'Query.users',
    ],
    [
      'by one of two ways to an object',
      (() => {
        const shared = page();
        return { a: { type: shared, ...readsUsers }, b: { type: shared } };
      })(),
      'Edge.node',
    ],
    [
      'behind a grant that is for another object',
      {
        page: {
          type: page(),
          grantScopes: ['user'],
        },
      },
      'Edge.node',
    ],
    [
      'behind a guard that another scope passes as well',
      { page: { type: page(), authScopes: { permission: 'users:read', signedIn: true } } },
      'Edge.node',
    ],
  ])('%s', (_about, fields, coordinate) => {
    expect(found(fields)).toEqual([coordinate]);
  });
});

describe('a non-null field is left alone', () => {
  it.each<[string, Fields]>([
    ['whose guard was passed on the way there', { page: { type: page(), ...readsUsers } }],
    [
      'that grants what its objects ask for',
      { users: { type: listOf(required(user)), grantScopes: ['user'] } },
    ],
    ['that nobody refuses', { page: { type: object('Page', { x: { type: required(GraphQLString) } }) } }],
    ['whose items are nullable', { users: { type: listOf(user) } }],
  ])('%s', (_about, fields) => {
    expect(found(fields)).toEqual([]);
  });
});

describe('the schema', () => {
  it('has no non-null field that a guard may refuse', () => {
    expect(refusableNonNullFields(schema)).toEqual([]);
  });

  it('does not start with one', () => {
    const query = object('Query', { secret: { type: required(GraphQLString) } });
    expect(() => assertRefusalsIsolated(new GraphQLSchema({ query }))).toThrow('Query.secret');
  });
});
