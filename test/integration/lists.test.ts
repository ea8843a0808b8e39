import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { createListReader, type ListReader } from '../support/list-pages.ts';
import { addAdministrator } from '../support/people.ts';
import { lockDepartments } from '../support/row-locks.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;
let reader: ListReader;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  token = (await addAdministrator(fleet, acme)).token;
  reader = createListReader(fleet.graphql, token);
  for (let row = 0; row < 24; row++) await addRow(acme.db, 'User', { label: 'pg-row' });
});
afterAll(() => fleet.close());

it('people are listed by name as they are looked for: whatever the case, Hangul in its own order', async () => {
  const names = ['nm-나', 'nm-Zoe', 'nm-bob', 'nm-가', 'nm-Adam', 'nm-zoe', 'nm-Bob', 'nm-adam', 'nm-다'];
  for (const label of names) await addRow(acme.db, 'User', { label, code: `${label}-${randomUUID()}` });
  const { data } = await fleet.graphql(
    '{ users(search: "nm-", orderBy: { field: FULL_NAME }) { edges { node { fullName } } } }',
    { token },
  );
  expect(data.users.edges.map((edge: { node: { fullName: string } }) => edge.node.fullName)).toEqual([
    'nm-adam',
    'nm-Adam',
    'nm-bob',
    'nm-Bob',
    'nm-zoe',
    'nm-Zoe',
    'nm-가',
    'nm-나',
    'nm-다',
  ]);
});

describe('a cursor', () => {
  const forge = (prefix: string, rest: string) => Buffer.from(`${prefix}${rest}`).toString('base64url');
  const byCreation = 'users:acme01:createdAt.desc:';
  const byName = 'users:acme01:fullName.asc:';
  const uuid = '00000000-0000-4000-8000-000000000000';

  it.each([
    ['a moment that is none', forge(byCreation, `${uuid}:soon`)],
    ['a moment beyond all calendars', forge(byCreation, `${uuid}:9999999999999999`)],
    ['no moment', forge(byCreation, `${uuid}:`)],
    ['no id', forge(byCreation, ':0')],
    ['an id that is none', forge(byCreation, `${uuid}' OR true --:0`)],
    ['the prefix alone', forge(byCreation, '')],
    ['a name of a megabyte', forge(byCreation, `${uuid}:${'0'.repeat(500_000)}`)],
  ])('with %s is refused', async (_what, cursor) => {
    await reader.expectRefusal('users', '', cursor);
  });

  it.each([
    ['NUL', forge(byName, `${uuid}:a\0b`)],
    ['more than any name holds', forge(byName, `${uuid}:${'x'.repeat(513)}`)],
  ])('with %s in its name is refused', async (_what, cursor) => {
    await reader.expectRefusal('users', 'orderBy: { field: FULL_NAME }', cursor);
  });

  it.each([
    ['createdAt', 'the last moment that fits', '', forge(byCreation, `${uuid}:999999999999999`)],
    ['createdAt', 'the first moment', '', forge(byCreation, `${uuid}:0`)],
    [
      'fullName',
      'SQL',
      'orderBy: { field: FULL_NAME }',
      forge(byName, `${uuid}:'; DROP TABLE sys.users; --`),
    ],
    ['fullName', 'wildcards', 'orderBy: { field: FULL_NAME }', forge(byName, `${uuid}:%_\\`)],
    ['fullName', 'half a character', 'orderBy: { field: FULL_NAME }', forge(byName, `${uuid}:\ud800`)],
    ['fullName', 'line breaks', 'orderBy: { field: FULL_NAME }', forge(byName, `${uuid}:\n\r\u2028`)],
  ])('made up for %s with %s is a place like any other', async (_column, _what, args, cursor) => {
    const { pageInfo } = await reader.page('users', `${args}${args && ', '}first: 1, after: $cursor`, {
      cursor,
    });
    expect(pageInfo.totalCount).toBeGreaterThan(20);
  });
});

describe('a filter', () => {
  it('of users shows those of a department, a role or a branch, by either form of its id, and all at once', async () => {
    const department = await addRow(acme.db, 'Department');
    const role = await addRow(acme.db, 'Role');
    const branch = await addRow(acme.db, 'Branch');
    const ids = [
      await addRow(acme.db, 'User', { departmentId: department }),
      await addRow(acme.db, 'User', { roleId: role }),
      await addRow(acme.db, 'User', { branchId: branch }),
      await addRow(acme.db, 'User', { departmentId: department, roleId: role, branchId: branch }),
    ];
    const shown = async (args: string) =>
      (await reader.page('users', `${args}, orderBy: { field: CREATED_AT }`)).ids.sort();
    const some = (...indices: number[]) => indices.map((index) => ids[index]).sort();
    for (const form of [(_: string, id: string) => id, encodeGlobalId]) {
      const departmentId = `departmentId: "${form('Department', department)}"`;
      const roleId = `roleId: "${form('Role', role)}"`;
      const branchId = `branchId: "${form('Branch', branch)}"`;
      expect(await shown(departmentId)).toEqual(some(0, 3));
      expect(await shown(roleId)).toEqual(some(1, 3));
      expect(await shown(branchId)).toEqual(some(2, 3));
      expect(await shown(`${departmentId}, ${roleId}, ${branchId}`)).toEqual(some(3));
    }
  });

  it('of users and branches shows the active, or the inactive', async () => {
    for (const name of ['users', 'branches'] as const) {
      const type = name === 'users' ? 'User' : 'Branch';
      const marked = (isActive: boolean) => addRow(acme.db, type, { label: 'filter-', isActive });
      const [awake, asleep] = [await marked(true), await marked(false)];
      expect((await reader.page(name, 'isActive: false, search: "filter-"')).ids).toEqual([asleep]);
      const open = (await reader.page(name, 'isActive: true, search: "filter-", first: 100')).ids;
      expect(open).toContain(awake);
      expect(open).not.toContain(asleep);
    }
  });

  it('of roles shows those that every tenant has, or the others', async () => {
    const system = (await reader.page('roles', 'isSystemRole: true')).ids;
    const expected = await acme.db.role.findMany({ where: { isSystemRole: true }, select: { id: true } });
    expect(system.toSorted()).toEqual(expected.map(({ id }) => id).sort());
    const others = await reader.page('roles', 'isSystemRole: false');
    expect(others.pageInfo.totalCount).toBe(
      await acme.db.role.count({ where: { isSystemRole: false, deletedAt: null } }),
    );
  });

  it('of departments shows those at the top, those below, and those right below one', async () => {
    const below = (parentId: string | null) =>
      addRow(acme.db, 'Department', { label: `filter-${randomUUID()}`, parentId });
    const top = await below(null);
    const middle = await below(top);
    const bottom = await below(middle);
    const shown = async (args: string) =>
      (await reader.page('departments', `search: "filter-", ${args}`)).ids;
    expect(await shown('topLevel: true')).toContain(top);
    expect(await shown('topLevel: true')).not.toContain(middle);
    expect((await shown('topLevel: false')).toSorted()).toEqual([middle, bottom].sort());
    expect(await shown(`parentId: "${top}"`)).toEqual([middle]);
    expect(await shown(`parentId: "${encodeGlobalId('Department', middle)}"`)).toEqual([bottom]);
    expect(await shown(`parentId: "${top}", topLevel: true`)).toEqual([]);
  });
});

describe('a request for many lists', () => {
  it('leaves connections to other requests, however long its lists take', async () => {
    const lock = await lockDepartments(acme);
    const searches = Array.from(
      { length: 17 },
      (_, index) => `a${index}: departments(first: 1, search: "x${index}") { edges { cursor } }`,
    );
    const many = fleet.graphql(`{ ${searches.join(' ')} }`, { token });
    await lock.waiters(1);
    const { data } = await fleet.graphql('{ me { username } roles(first: 1) { edges { cursor } } }', {
      token,
    });
    expect(data.roles.edges).toHaveLength(1);
    await lock.waiters(1);
    await lock.release();
    expect((await many).errors).toEqual([]);
  });

  it('is answered in the order of the request, each list with its own rows', async () => {
    const { data } = await fleet.graphql(
      '{ b: roles(first: 2) { edges { cursor } } a: users(first: 1) { edges { cursor } } nobody: user(userId: "x") { id } c: me { username } }',
      { token },
    );
    expect(Object.keys(data)).toEqual(['b', 'a', 'nobody', 'c']);
    expect([data.b.edges.length, data.a.edges.length, data.nobody]).toEqual([2, 1, null]);
    expect(data.c).toMatchObject({ username: expect.any(String) });
  });
});

describe('counts of one request', () => {
  const countsIn = async (query: string) => {
    let data: unknown;
    const statements = await recordStatements(async () => {
      const answer = await fleet.graphql(query, { token });
      expect(answer.errors).toEqual([]);
      ({ data } = answer);
    });
    return { data, counts: statements.filter((statement) => /\bCOUNT\(/i.test(statement)).length };
  };

  it('that are equal run once, whatever page, order and name they are asked with', async () => {
    const { counts, data } = await countsIn(`{
      a: users(first: 1) { totalCount pageInfo { x: totalCount y: totalCount z: totalCount } }
      b: users(last: 2, orderBy: { field: EMAIL, direction: ASC }) { pageInfo { totalCount } }
      c: users(first: 1) { totalCount }
    }`);
    expect(counts).toBe(1);
    const { x } = z.object({ a: z.object({ pageInfo: z.object({ x: z.int() }) }) }).parse(data).a.pageInfo;
    expect(x).toBeGreaterThan(20);
    expect(data).toEqual({
      a: { totalCount: x, pageInfo: { x, y: x, z: x } },
      b: { pageInfo: { totalCount: x } },
      c: { totalCount: x },
    });
  });

  it('that differ in list or filter run each, and are each right', async () => {
    const { counts, data } = await countsIn(`{
      all: users { pageInfo { totalCount } }
      none: users(search: "nobody is called so") { pageInfo { totalCount } }
      inactive: users(isActive: false) { pageInfo { totalCount } }
      roles { pageInfo { totalCount } }
    }`);
    expect(counts).toBe(4);
    expect(data).toMatchObject({ none: { pageInfo: { totalCount: 0 } } });
  });

  it.each([
    ['counts', (alias: string) => `auditLog(first: 1) { pageInfo { ${alias}: totalCount } }`],
    ['lists', (alias: string) => `${alias}: auditLog(first: 1) { edges { cursor } }`],
    ['searches', (alias: string) => `${alias}: users(first: 1, search: "z") { edges { cursor } }`],
    ['objects', (alias: string) => `${alias}: me { id }`],
  ])('are refused by what they cost when there are 100, and so are %s', async (_what, field) => {
    const query = `{ ${Array.from({ length: 100 }, (_, index) => field(`a${index}`)).join(' ')} }`;
    expect((await fleet.graphql(query, { token })).codes).toEqual(['QUERY_TOO_COMPLEX']);
  });
});
