import { getVariableValues } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createPreparedDocuments, type PreparedOperation } from '../../../src/graphql/prepared-documents.ts';
import { complexityOf } from '../../../src/graphql/query-cost.ts';
import { coerceVariables } from '../../../src/graphql/variable-values.ts';
import { schema } from '../../../src/schema.ts';

const limits = { depth: 10, complexity: 1_000, tokens: 1_000 };

function prepare(
  text: string,
  name?: string,
  documents = createPreparedDocuments(schema, limits),
): PreparedOperation {
  const document = documents.parse(text);
  expect(documents.validate(document)).toEqual([]);
  const operation = documents.operation(document, name);
  if (!operation) throw new Error('There is no such operation.');
  return operation;
}

describe('a prepared document', () => {
  it('is the same operation for the same text, however it is named', () => {
    const documents = createPreparedDocuments(schema, limits);
    const text = 'query Me { me { id } } query Other { me { id } }';
    const first = prepare(text, 'Me', documents);
    expect(prepare(text, 'Me', documents)).toBe(first);
    expect(prepare(text, 'Other', documents)).not.toBe(first);
    const single = 'query Me { me { username } }';
    expect(prepare(single, 'Me', documents)).toBe(prepare(single, undefined, documents));
    expect(prepare('{ me { id } }', undefined, documents)).not.toBe(first);
  });

  it('has no operation of another name, or of none when there are several', () => {
    const documents = createPreparedDocuments(schema, limits);
    const document = documents.parse('query A { me { id } } query B { me { id } }');
    expect(documents.operation(document, 'C')).toBeNull();
    expect(documents.operation(document, undefined)).toBeNull();
    expect(documents.operation(document, '')).toBeNull();
  });

  it('is forgotten when it is invalid and another one has come', () => {
    const documents = createPreparedDocuments(schema, limits);
    const invalid = documents.parse('{ nothing }');
    expect(documents.validate(invalid)).toHaveLength(1);
    expect(documents.parse('{ nothing }')).toBe(invalid);
    prepare('{ me { id } }', undefined, documents);
    documents.parse('{ secrets }');
    expect(documents.parse('{ nothing }')).not.toBe(invalid);
  });

  it('is refused each time for its depth', () => {
    const documents = createPreparedDocuments(schema, limits);
    const text = `{ departments { edges { node { ${'parent { '.repeat(9)} name ${'} '.repeat(9)} } } } }`;
    for (const _time of [1, 2]) {
      expect(() => documents.validate(documents.parse(text))).toThrow(/deep/);
    }
  });
});

describe('the cost of a prepared operation', () => {
  /** Returns the cost of the operation: the lowest limit that it is within. */
  function keptCost({ cost }: PreparedOperation, coerced: Record<string, unknown>, raw: object): number {
    try {
      cost.assertWithin(-1, coerced, { ...raw });
    } catch (error) {
      if (error instanceof Error && 'details' in error) return Number(Object(error.details).complexity);
      throw error;
    }
    throw new Error('It costs nothing.');
  }

  const list = (args: string) => `users(${args}) { edges { cursor } }`;

  it.each<[string, string, readonly Record<string, unknown>[]]>([
    ['page size', `query ($n: Int) { ${list('first: $n')} }`, [{ n: 1 }, { n: 90 }, { n: null }, {}]],
    ['page size with a default', `query ($n: Int = 5) { ${list('last: $n')} }`, [{}, { n: 5 }, { n: 50 }]],
    [
      'page size in a fragment',
      `query ($n: Int) { ...F } fragment F on Query { ${list('first: $n')} }`,
      [{ n: 3 }, { n: 9 }],
    ],
    [
      'filter',
      `query ($s: String) { ${list('first: 1, search: $s')} }`,
      [{}, { s: 'kim' }, { s: null }, { s: '' }],
    ],
    [
      'order',
      `query ($o: UserOrder) { ${list('first: 1, orderBy: $o')} }`,
      [{ o: { field: 'CREATED_AT' } }, { o: { field: 'FULL_NAME' } }, {}],
    ],
    [
      'field of an order',
      `query ($f: UserOrderField!) { ${list('first: 1, orderBy: { field: $f }')} }`,
      [{ f: 'CREATED_AT' }, { f: 'FULL_NAME' }],
    ],
    [
      'list of ids',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      [{ ids: ['a'] }, { ids: ['a', 'b'] }, { ids: ['c', 'd'] }, { ids: [] }],
    ],
    [
      'directive',
      `query ($no: Boolean!) { ${list('first: 9')} me @skip(if: $no) { id } }`,
      [{ no: true }, { no: false }],
    ],
    [
      'directive of a fragment',
      `query ($yes: Boolean!) { me { id } ... @include(if: $yes) { ${list('first: 9')} } }`,
      [{ yes: true }, { yes: false }],
    ],
    [
      'value in two places',
      `query ($s: String, $n: Int) { ${list('first: $n, search: $s')} b: ${list('first: 7, search: $s')} }`,
      [{ n: 1 }, { n: 2, s: 'a' }, { n: 2 }, { n: 1, s: 'b' }],
    ],
    [
      'variable for an argument that must not be null',
      'query ($d: OrderDirection) { users(first: 1, orderBy: { field: FULL_NAME, direction: $d }) { edges { cursor } } }',
      [{}, { d: null }, { d: 'DESC' }],
    ],
  ])('follows a %s, in whatever order its values come', (_what, text, values) => {
    const operation = prepare(text);
    for (const raw of [...values, ...values.toReversed()]) {
      const { document } = operation;
      const coerced = coerceVariables(operation.variables, raw);
      if (!coerced) throw new Error('The values are wrong.');
      const fresh = complexityOf({ schema, document, operation: operation.operation, variables: coerced });
      expect(keptCost(operation, coerced, raw)).toBe(fresh);
    }
  });

  it('follows the names of types in introspection', () => {
    const aliases = Array.from({ length: 300 }, (_, index) => `a${index}: description`).join(' ');
    const operation = prepare(`query ($t: String!) { __type(name: $t) { fields { ${aliases} } } }`);
    const check = (t: string) => () => operation.cost.assertWithin(0, { t }, { t });
    expect(check('Nobody')).not.toThrow();
    expect(check('Mutation')).toThrow(/characters/);
    expect(check('Nobody')).not.toThrow();
    expect(check('Mutation')).toThrow(/characters/);
  });

  it('is added up once for values that make no difference', () => {
    const operation = prepare('query ($id: ID!) { user(userId: $id) { id } }');
    let looks = 0;
    const watched = new Proxy<Record<string, unknown>>(
      { id: 'b' },
      {
        get(target, name) {
          looks++;
          return Reflect.get(target, name);
        },
      },
    );
    operation.cost.assertWithin(100, { id: 'a' }, { id: 'a' });
    operation.cost.assertWithin(100, watched, { id: 'b' });
    expect(looks).toBe(1);
  });
});

describe('the variables of a prepared operation', () => {
  it('have the values that the engine gives them, or none when it takes them for wrong', () => {
    const operation = prepare(
      `query ($n: Int = 5, $o: UserOrder, $ids: [ID!]!, $at: DateTime) {
        users(first: $n, orderBy: $o) { edges { cursor } }
        nodes(ids: $ids) { id }
        auditLog(from: $at) { edges { cursor } }
      }`,
    );
    for (const raw of [
      { ids: 'a' },
      { ids: ['a', 7], n: null, unknown: 1 },
      { ids: [], n: 9, o: { field: 'CREATED_AT' }, at: '2026-01-01T00:00:00Z' },
      {},
      { ids: null },
      { ids: [null] },
      { ids: [], n: 'x' },
      { ids: [], o: { field: 'NOTHING' } },
      { ids: [], o: { field: 'CREATED_AT', more: 1 } },
      { ids: [], at: 'soon' },
      Object.assign(Object.create({ ids: ['inherited'] }), {}),
    ]) {
      const definitions = operation.operation.variableDefinitions ?? [];
      const { coerced = null } = getVariableValues(schema, definitions, raw);
      expect(coerceVariables(operation.variables, raw)).toEqual(coerced);
    }
  });
});
