import { assertObjectType, buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../../src/auth/permissions.ts';
import { costs, scanCost } from '../../../src/graphql/costs.ts';
import { costOf } from '../../../tools/support/cost-of.ts';

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

describe('a query', () => {
  it('costs nothing when it asks for no data', () => {
    expect(costOf('{ __typename }')).toBe(0);
    expect(costOf('{ __schema { types { fields { name } } } }')).toBe(0);
  });

  it('costs its statement, and a little for each object and each value of its answer', () => {
    expect(costOf('{ me { id } }')).toBe(10 + 1);
    expect(costOf('{ users(first: 20) { edges { node { department { name } } } } }')).toBe(10 + 8);
    expect(costOf('{ users(first: 100) { edges { node { id } } } }')).toBe(10 + 26);
    expect(costOf('{ users(first: 100) { edges { node { id fullName } } } }')).toBe(10 + 31);
    expect(costOf('{ users { edges { cursor } } }')).toBe(10 + 4);
  });

  it('costs more for each id that is looked up', () => {
    expect(costOf('{ nodes(ids: ["a", "b", "c"]) { id } }')).toBe(10 + 4);
    expect(costOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(900).fill('a') })).toBe(
      10 + 900 + 135,
    );
  });

  it('costs a page of its rows, and what is asked of the page once', () => {
    const page = (of: string) => costOf(`{ users(first: 100) { ${of} } }`);
    expect(page('pageInfo { hasNextPage }')).toBe(10 + 1);
    expect(page('pageInfo { totalCount }')).toBe(60 + 1);
    expect(page('totalCount')).toBe(60 + 1);
    expect(page('edges { cursor } pageInfo { hasNextPage }')).toBe(10 + 16);
  });

  it('costs the same with the `__typename` that clients add to every object', () => {
    const page = (typename: string) =>
      costOf(`{ users(first: 100) { ${typename} edges { ${typename} node { ${typename} fullName } } } }`);
    expect(page('__typename')).toBe(page(''));
  });

  it('takes the larger one of two page sizes', () => {
    const page = (sizes: string) => costOf(`{ users(${sizes}) { edges { cursor } } }`);
    expect(page('first: 1, last: 100')).toBe(page('last: 100'));
    expect(page('first: 100, last: 1')).toBe(page('first: 100'));
    expect(page('first: 0')).toBe(page('first: 1'));
    expect(page('first: 1000000')).toBe(page('first: 100'));
  });

  it('takes page sizes from variables and from their defaults', () => {
    const query = 'query ($n: Int = 7) { users(first: $n) { edges { cursor } } }';
    expect(costOf(query)).toBe(10 + 2);
    expect(costOf(query, { n: 70 })).toBe(10 + 11);
  });

  it('costs a statement for each count, whatever the page', () => {
    const counts = (count: number) =>
      `{ auditLog(first: 1) { pageInfo { ${aliases(count, 'totalCount')} } } }`;
    expect(costOf(counts(1))).toBe(61);
    expect(costOf(counts(600))).toBeGreaterThanOrEqual(30_012);
  });

  it.each([
    'users(first: 1, search: "kim")',
    'users(first: 1, isActive: false)',
    'users(last: 1, departmentId: "x")',
    'users(first: 1, orderBy: { field: FULL_NAME })',
    'auditLog(first: 1, from: "2026-01-01T00:00:00Z")',
    'managerAuditLog(first: 1, tenantKey: "acme01")',
  ])('costs as much as a count when %s may look at every row', (list) => {
    expect(costOf(`{ ${list} { edges { cursor } } }`)).toBe(51);
  });

  it.each([
    'users(first: 1)',
    'users(first: 1, search: null)',
    'users(last: 1, before: "x", orderBy: { field: CREATED_AT, direction: ASC })',
  ])('costs little when %s finds its rows by an index', (list) => {
    expect(costOf(`{ ${list} { edges { cursor } } }`)).toBe(11);
  });

  it('costs for each row what is repeated under other names, introspection of the row included', () => {
    const rows = (fields: string) => costOf(`{ users(first: 100) { edges { node { ${fields} } } } }`);
    const once = rows('fullName email __typename');
    expect(once).toBe(10 + 31);
    expect(rows(aliases(3, 'fullName'))).toBe(once + 200 + 5);
    expect(rows(aliases(400, '__typename'))).toBe(once - 10 + 39_900);
    expect(rows('fullName email ... { fullName } fullName')).toBe(once);
    expect(costOf(`{ me { ${aliases(400, 'fullName')} } }`)).toBe(11 + 399 + 20);
    expect(costOf(`{ users(first: 100) { edges { ${aliases(3, 'cursor')} } } }`)).toBe(10 + 26 + 200);
  });

  it('costs for each row what relations and edges are repeated under other names', () => {
    const rows = (fields: string) => costOf(`{ users(first: 100) { edges { node { ${fields} } } } }`);
    const once = rows('department { name }');
    expect(rows(aliases(3, 'department { name }'))).toBe(once + 200 + 30);
    expect(costOf(`{ users(first: 100) { ${aliases(9, 'edges { cursor }')} } }`)).toBeGreaterThan(800);
    expect(costOf(`{ users(first: 100) { edges { ${aliases(9, 'node { id }')} } } }`)).toBeGreaterThan(800);
  });

  it('costs a statement for each author, and a number of people for each row', () => {
    expect(costOf(`{ me { ${aliases(10, 'createdBy { id }')} } }`)).toBe(131);
    expect(costOf('{ roles(first: 20) { edges { node { userCount } } } }')).toBe(10 + 11);
  });

  it('costs more for the long texts of its rows', () => {
    const rows = (field: string) => costOf(`{ departments(first: 100) { edges { node { ${field} } } } }`);
    expect(rows('description')).toBe(rows('name') + 20);
  });

  it.each([
    ['permissions', `{ permissions { code } }`, permissionCatalogue.length],
    ['changes', '{ node(id: "x") { ... on AuditRecord { changes { field } } } }', 4],
    ['sessions', '{ sessions { device } }', 100],
    ['tenantConfigs', '{ tenantConfigs(tenantKey: "acme01") { key } }', 10],
  ])('counts as many objects as there are in its list of %s', (_list, query, objects) => {
    const twice = query.replace(/\{ (\w+) \}/, '{ $1 again: $1 }');
    const more = costOf(twice) - costOf(query);
    expect(more).toBeGreaterThanOrEqual(objects);
    expect(more).toBeLessThanOrEqual(objects * 1.05 + 1);
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
    const once = costOf(
      '{ users { edges { node { role { id name } } } pageInfo { totalCount hasNextPage } } }',
    );
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

describe('a list of pages below other objects', () => {
  const schema = buildSchema(`
    type Query { units(first: Int, last: Int, topLevel: Boolean): Units }
    type Units { edges: [UnitEdge!]! pageInfo: PageInfo! }
    type UnitEdge { node: Unit! cursor: String! }
    type PageInfo { hasNextPage: Boolean! totalCount: Int! }
    type Unit {
      id: ID!
      children(first: Int, last: Int, search: String, orderBy: Order): Units
      members(first: Int): [Unit!]!
    }
    input Order { field: String! }
  `);
  const pageInfo = assertObjectType(schema.getType('PageInfo'));
  Object.assign(pageInfo.getFields().totalCount ?? {}, { extensions: costs(scanCost) });

  const costOfUnits = (rows: number, fields: string) =>
    costOf(`{ units(first: ${rows}) { edges { node { ${fields} } } } }`, {}, schema);
  const costBelow = (rows: number, list: string) => costOfUnits(rows, list) - costOfUnits(rows, '__typename');

  it('costs a statement once, and as many objects as its pages have', () => {
    const pages = (size: string) => costBelow(10, `children${size} { edges { node { id } } }`);
    expect(pages('(first: 10)')).toBe(10 + 1 + 25);
    expect(pages('(last: 10)')).toBe(10 + 1 + 25);
    expect(pages('')).toBe(10 + 1 + 50);
    expect(costBelow(10, 'members(first: 30) { id }')).toBe(10 + 45);
  });

  it('costs a count for each of its parents', () => {
    expect(costBelow(10, 'children { pageInfo { totalCount } }')).toBeGreaterThan(10 * scanCost);
  });

  it('costs as much as a count when it may look at every row', () => {
    const children = (args: string) => costBelow(10, `children(first: 1${args}) { edges { cursor } }`);
    expect(children(', search: "a"')).toBe(children('') + 40);
    expect(children(', orderBy: { field: "NAME" }')).toBe(children('') + 40);
    expect(children(', orderBy: { field: "CREATED_AT" }')).toBe(children(''));
  });

  it('fits three levels of a tree, and not three of whole pages', () => {
    const tree = (first: number, below: number) =>
      costOf(
        `{ units(first: ${first}, topLevel: true) { edges { node { id children(first: ${below}) { edges { node {
          id children(first: ${below}) { edges { node { id } } } } } } } } } }`,
        {},
        schema,
      );
    expect(tree(20, 10)).toBeLessThan(750);
    expect(tree(100, 100)).toBeGreaterThan(200_000);
  });
});

describe('more than the default limit costs', () => {
  const pages = (count: number, list: string, fields: string) =>
    aliases(count, `${list}(first: 100) { edges { ${fields} } }`);

  it.each([
    ['40 pages of cursors', pages(40, 'users', 'cursor')],
    ['29 pages of ids', pages(29, 'users', 'node { id }')],
    ['5 pages with all permissions', pages(5, 'users', 'node { role { permissions { code } } }')],
    [
      '7 pages of changes',
      pages(7, 'auditLog', 'node { id action changes { field before after redacted } }'),
    ],
    ['20 searches', aliases(20, 'users(first: 1, search: "a") { edges { cursor } }')],
    ['a page with 10 names of a relation', pages(1, 'users', `node { ${aliases(10, 'role { id }')} }`)],
    [
      'a page with 10 names of the changes',
      pages(1, 'auditLog', `node { ${aliases(10, 'changes { field }')} }`),
    ],
    ['a page with 5 names of an author', pages(1, 'users', `node { ${aliases(5, 'createdBy { id }')} }`)],
    ['2 pages with seats', pages(2, 'tenants', 'node { seatsUsed }')],
    ['40 lists of sessions', aliases(40, 'sessions { id device }')],
  ])('%s', (_what, fields) => {
    expect(costOf(`{ ${fields} }`)).toBeGreaterThan(1_000);
  });
});
