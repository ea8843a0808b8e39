import { getOperationAST, getVariableValues, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { complexityOf } from '../../../src/graphql/query-cost.ts';
import { schema } from '../../../src/schema.ts';

/** Returns the cost of a document's only operation. */
function costOf(text: string, values: Record<string, unknown> = {}): number {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is not one operation.');
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], values);
  if (!coerced) throw new Error(String(errors));
  return complexityOf({ schema, document, operation, variables: coerced });
}

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

describe('a query', () => {
  it('costs nothing when it asks for no data', () => {
    expect(costOf('{ __typename }')).toBe(0);
    expect(costOf('{ __schema { types { fields { name } } } }')).toBe(0);
  });

  it('costs its statement, and each object that it may load', () => {
    expect(costOf('{ me { id } }')).toBe(11);
    expect(costOf('{ users(first: 20) { edges { node { department { name } } } } }')).toBe(71);
    expect(costOf('{ users { edges { cursor } } }')).toBe(31);
    expect(costOf('{ nodes(ids: ["a", "b", "c"]) { id } }')).toBe(13);
  });

  it('costs a page of its rows, and what is asked of the page once', () => {
    const page = (of: string) => costOf(`{ users(first: 100) { ${of} } }`);
    expect(page('pageInfo { hasNextPage }')).toBe(12);
    expect(page('pageInfo { totalCount }')).toBe(62);
    expect(page('totalCount')).toBe(61);
    expect(page('edges { cursor } pageInfo { hasNextPage }')).toBe(112);
  });

  it('takes page sizes from variables and from their defaults', () => {
    const query = 'query ($n: Int = 7) { users(first: $n) { edges { cursor } } }';
    expect(costOf(query)).toBe(18);
    expect(costOf(query, { n: 70 })).toBe(81);
  });

  it('costs a statement for each count, whatever the page', () => {
    const counts = (count: number) =>
      `{ auditLog(first: 1) { pageInfo { ${aliases(count, 'totalCount')} } } }`;
    expect(costOf(counts(1))).toBe(62);
    expect(costOf(counts(600))).toBe(30_012);
  });

  it.each([
    'users(first: 1, search: "kim")',
    'users(first: 1, isActive: false)',
    'users(last: 1, departmentId: "x")',
    'users(first: 1, orderBy: { field: FULL_NAME })',
    'auditLog(first: 1, from: "2026-01-01T00:00:00Z")',
    'managerAuditLog(first: 1, tenantKey: "acme01")',
  ])('costs as much as a count when %s may look at every row', (list) => {
    expect(costOf(`{ ${list} { edges { cursor } } }`)).toBe(52);
  });

  it.each([
    'users(first: 1)',
    'users(first: 1, search: null)',
    'users(last: 1, before: "x", orderBy: { field: CREATED_AT, direction: ASC })',
  ])('costs little when %s finds its rows by an index', (list) => {
    expect(costOf(`{ ${list} { edges { cursor } } }`)).toBe(12);
  });

  it('costs for each row what is repeated under other names, introspection of the row included', () => {
    const rows = (fields: string) => costOf(`{ users(first: 100) { edges { node { ${fields} } } } }`);
    const once = rows('fullName email __typename');
    expect(once).toBe(211);
    expect(rows(aliases(3, 'fullName'))).toBe(once + 200);
    expect(rows(aliases(400, '__typename'))).toBe(once + 39_900);
    expect(rows('fullName email ... { fullName } fullName')).toBe(once);
    expect(costOf(`{ me { ${aliases(400, 'fullName')} } }`)).toBe(11 + 399);
    expect(costOf(`{ users(first: 100) { edges { ${aliases(3, 'cursor')} } } }`)).toBe(111 + 200);
  });

  it('costs a statement for each author, and a number of people for each row', () => {
    expect(costOf(`{ me { ${aliases(10, 'createdBy { id }')} } }`)).toBe(121);
    expect(costOf('{ roles(first: 20) { edges { node { userCount } } } }')).toBe(71);
  });

  it.each([
    ['lists', 'users(first: 1) { edges { cursor } }'],
    ['objects', 'me { id }'],
    ['nodes', 'node(id: "x") { id }'],
    ['sessions', 'sessions { id }'],
  ])('of 600 %s is refused', (_what, field) => {
    expect(costOf(`{ ${aliases(600, field)} }`)).toBeGreaterThan(6_000);
  });

  it.each(['createUser(input: $input) { id }', 'login(input: $login) { accessToken }', 'logout { success }'])(
    'costs for each change, so that 600 of %j are refused',
    (field) => {
      const query = `mutation ($input: UserCreateInput!, $login: LoginInput!) { ${aliases(600, field)} }`;
      const input = { username: 'a', email: 'b', password: 'c', fullName: 'd' };
      const login = { username: 'a', password: 'c' };
      expect(costOf(query, { input, login })).toBeGreaterThanOrEqual(12_000);
    },
  );

  it('costs once what fragments select twice at one place', () => {
    const once = costOf('{ users { edges { node { role { id } } } pageInfo { totalCount } } }');
    const twice = costOf(`{ users { ...A ...B } }
      fragment A on UserConnection { edges { node { role { id } } } pageInfo { totalCount } }
      fragment B on UserConnection { edges { node { role { name } } } pageInfo { totalCount hasNextPage } }`);
    expect(twice).toBe(once);
  });

  it('costs nothing for what is skipped, or not included', () => {
    const query = 'query ($no: Boolean!) { me @include(if: $no) { id } a: me @skip(if: true) { id } }';
    expect(costOf(query, { no: false })).toBe(0);
  });

  it('is refused when its fragments select too many fields to add up', () => {
    const spread = (index: number) =>
      `fragment F${index} on Department { ${aliases(8, `parent { ...F${index + 1} }`)} }`;
    const query = `{ departments { edges { node { ...F0 } } } }
      ${[0, 1, 2, 3, 4].map(spread).join(' ')} fragment F5 on Department { id }`;
    expect(() => costOf(query)).toThrow(/at most 10000 fields/);
  });

  it('is refused when its fragments spread others too often', () => {
    const query = `{ departments { edges { node { ${aliases(30, 'parent { ...F }')} } } } }
      fragment F on Department { ${aliases(30, 'parent { ...G }')} }
      fragment G on Department { ${'...H '.repeat(100)} } fragment H on Department { id }`;
    expect(() => costOf(query)).toThrow(/at most 10000 fields/);
  });
});
