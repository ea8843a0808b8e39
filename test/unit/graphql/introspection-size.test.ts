import { getIntrospectionQuery, getOperationAST, graphqlSync, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { QueryTooComplexError } from '../../../src/errors/index.ts';
import { complexityOf } from '../../../src/graphql/query-cost.ts';
import { schema } from '../../../src/schema.ts';

const everything = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

/** Adds up what a document costs besides its introspection. */
function ask(text: string): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is not one operation.');
  return complexityOf({ schema, document, operation, variables: {} });
}

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

/** Asks for the whole schema so many times. */
const repeated = (times: number) => {
  const fragments = everything
    .replace(/query IntrospectionQuery \{\s*__schema /, 'fragment Schema on __Schema ')
    .replace(/\}\s*\}\s*fragment FullType/, '} fragment FullType');
  return `{ ${aliases(times, '__schema { ...Schema }')} } ${fragments}`;
};

/** The number of characters that a refusal names. */
function limitOf(refused: () => void): number {
  try {
    refused();
  } catch (error) {
    return Number(/exceed (\d+) characters/.exec(String(error))?.[1]);
  }
  throw new Error('It is not refused.');
}

describe('introspection', () => {
  it('is free for tools that ask for everything, even twice', () => {
    expect(ask(everything)).toBe(0);
    expect(ask(repeated(2))).toBe(0);
  });

  it.each([
    ['the schema', repeated(3)],
    [
      'types, fields and arguments',
      `{ __schema { types { ...T } } }
      fragment T on __Type { ${aliases(8, 'fields { ...F }')} }
      fragment F on __Field { ${aliases(8, 'args { ...G }')} }
      fragment G on __InputValue { ${aliases(8, 'name')} }`,
    ],
    [
      'one type',
      `{ ${aliases(50, '__type(name: "Mutation") { ...T }')} }
      fragment T on __Type { ${aliases(50, 'fields { type { name } }')} }`,
    ],
    ['a description', `{ __schema { types { ${aliases(100, 'description')} } } }`],
    ['a type’s name', `{ __schema { types { fields { ${aliases(150, '__typename')} } } } }`],
    [
      'an input',
      `{ __type(name: "UserCreateInput") { ${aliases(2_000, 'inputFields { name description }')} } }`,
    ],
    [
      'directives',
      `{ __schema { ${aliases(2_500, 'directives { args { name description } locations }')} } }`,
    ],
  ])('that repeats %s under other names is refused', (_what, query) => {
    expect(() => ask(query)).toThrow(QueryTooComplexError);
    expect(() => ask(query)).toThrow(/at most|exceed \d+ characters/);
  });

  it('of few types is allowed, and so is that of none', () => {
    expect(ask('{ __type(name: "User") { fields { name type { name } } } }')).toBe(0);
    expect(ask('{ __type(name: "Nobody") { fields { name } } }')).toBe(0);
    expect(ask('{ __type(name: "String") { fields { name } ofType { name } } }')).toBe(0);
  });

  it('may answer between two and three times what tools ask for, however much the schema grows', () => {
    const { length } = JSON.stringify(graphqlSync({ schema, source: everything }).data);
    const limit = limitOf(() => ask(repeated(3)));
    expect(limit).toBeGreaterThan(2 * length);
    expect(limit).toBeLessThan(3 * length);
  });
});
