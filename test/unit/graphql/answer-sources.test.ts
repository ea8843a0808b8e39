import { GraphQLBoolean, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  assertAnswerSourcesDeclared,
  fromOutside,
  fromRows,
  undeclaredAnswerSources,
} from '../../../src/graphql/answer-sources.ts';

const plain = { type: GraphQLString, extensions: { pothosExposedField: 'name' } };
const resolved = { type: GraphQLString, resolve: () => String(Date.now()) };

/** A schema whose one query field leads to an object of those fields. */
function schemaOf(
  fields: ConstructorParameters<typeof GraphQLObjectType>[0]['fields'],
  root: object = fromRows,
): GraphQLSchema {
  const type = new GraphQLObjectType({ name: 'Thing', fields });
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { thing: { type, extensions: { ...root } } } }),
  });
}

describe('what the values of fields follow from', () => {
  it('has to be said of each query field', () => {
    const schema = schemaOf({ name: plain }, {});
    expect(() => assertAnswerSourcesDeclared(schema)).toThrow(
      /neither fromRows nor fromOutside.*Query\.thing/,
    );
  });

  it('has to be said of each resolver of our own behind one that is from rows', () => {
    expect(undeclaredAnswerSources(schemaOf({ name: plain, now: resolved }))).toEqual(['Thing.now']);
    expect(undeclaredAnswerSources(schemaOf({ now: { ...resolved, extensions: fromOutside } }))).toEqual([]);
    expect(undeclaredAnswerSources(schemaOf({ now: { ...resolved, extensions: fromRows } }))).toEqual([]);
  });

  it('does not matter where nothing is kept anyway', () => {
    expect(undeclaredAnswerSources(schemaOf({ now: resolved }, fromOutside))).toEqual([]);
  });

  it('is not said by a name: only the connections of the library are known', () => {
    expect(undeclaredAnswerSources(schemaOf({ id: resolved, node: { type: GraphQLBoolean } }))).toEqual([
      'Thing.id',
      'Thing.node',
    ]);
  });
});
