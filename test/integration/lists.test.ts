import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson } from '../support/people.ts';
import { lockDepartments } from '../support/row-locks.ts';
import { recordStatements } from '../support/statements.ts';

type ListName = 'users' | 'roles' | 'departments' | 'branches';

/** A row that a test adds: what it is called, and when it was made and changed. */
interface NewRow {
  readonly id: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt?: Date;
}

/** A list of the API, and the way past it. */
interface List {
  /** What it can be ordered by, and the column of each. */
  readonly orders: Readonly<Record<string, string>>;
  readonly orderType: string;
  add(db: TestTenant['db'], rows: readonly NewRow[]): Promise<unknown>;
}

/** A unique name for programs that sorts as the label does, and can be searched for by it. */
const codeOf = ({ id, label }: NewRow) => `${label.toLowerCase()}.${id}`;

const codedRow = (row: NewRow) => ({ ...row, label: undefined, code: codeOf(row), name: row.label });

const codedOrders = { CREATED_AT: 'created_at', UPDATED_AT: 'updated_at', CODE: 'code', NAME: 'name' };

const lists: Readonly<Record<ListName, List>> = {
  users: {
    orders: {
      CREATED_AT: 'created_at',
      UPDATED_AT: 'updated_at',
      USERNAME: 'username',
      FULL_NAME: 'full_name',
      EMAIL: 'email',
    },
    orderType: 'UserOrderField',
    add: (db, rows) =>
      db.user.createMany({
        data: rows.map((row) => ({
          ...row,
          label: undefined,
          username: codeOf(row),
          email: `${codeOf(row)}@example.com`,
          fullName: row.label,
          passwordHash: 'none',
        })),
      }),
  },
  roles: {
    orders: codedOrders,
    orderType: 'RoleOrderField',
    add: (db, rows) => db.role.createMany({ data: rows.map(codedRow) }),
  },
  departments: {
    orders: codedOrders,
    orderType: 'DepartmentOrderField',
    add: (db, rows) => db.department.createMany({ data: rows.map(codedRow) }),
  },
  branches: {
    orders: codedOrders,
    orderType: 'BranchOrderField',
    add: (db, rows) => db.branch.createMany({ data: rows.map(codedRow) }),
  },
};
const listNames: readonly ListName[] = ['users', 'roles', 'departments', 'branches'];

const inEveryOrder = listNames.flatMap((name) =>
  Object.keys(lists[name].orders).flatMap((field) =>
    (['ASC', 'DESC'] as const).map((direction) => [name, field, direction] as const),
  ),
);

/** Alike but for case, in Hangul and beyond the basic plane, several of each: only the id tells these apart. */
const labels = ['pg-kim', 'PG-Kim', 'pg-김철수', 'pg-이영희', 'PG-김철수', 'pg-Äpfel', 'pg-𠮷', 'pg-zoe'];

function makeRows(count: number, label = (index: number) => labels[index % labels.length] ?? ''): NewRow[] {
  return Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    label: label(index),
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, Math.floor(index / 4))),
    updatedAt: new Date(Date.UTC(2026, 1, 1, 0, -(index % 5))),
  }));
}

let fleet: TestFleet;
let acme: TestTenant;
let token: string;
let betaToken: string;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  token = (await addAdministrator(fleet, acme)).token;
  const beta = await fleet.provision('beta02');
  betaToken = (await addAdministrator(fleet, beta)).token;
  for (const name of listNames) {
    await lists[name].add(acme.db, makeRows(24));
    await lists[name].add(beta.db, makeRows(2));
  }
});
afterAll(() => fleet.close());

const idRowsSchema = z.array(z.object({ id: z.string() }));

const edgesSchema = z.array(z.object({ cursor: z.string(), node: z.object({ uuid: z.string() }) }));
const pageInfoSchema = z.object({
  hasNextPage: z.boolean(),
  hasPreviousPage: z.boolean(),
  startCursor: z.string().nullable(),
  endCursor: z.string().nullable(),
  totalCount: z.int(),
});

type Variables = Readonly<Record<string, unknown>>;

const list = (name: ListName, args: string, variables: Variables = {}, asToken = token) => {
  const declared = Object.keys(variables).map((variable) => `$${variable}: String`);
  const head = declared.length > 0 ? `query (${declared.join(', ')})` : '';
  return fleet.graphql(
    `${head} { ${name}(${args}) {
      edges { cursor node { uuid } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor totalCount }
    } }`,
    { token: asToken, variables },
  );
};

async function page(name: ListName, args: string, variables: Variables = {}) {
  const { data, errors } = await list(name, args, variables);
  expect(errors).toEqual([]);
  return {
    ids: edgesSchema.parse(data[name].edges).map(({ node }) => node.uuid),
    pageInfo: pageInfoSchema.parse(data[name].pageInfo),
  };
}

/** Pages through a whole list; `between` may disturb it after each page. */
async function walk(
  name: ListName,
  args: string,
  way: 'forward' | 'backward',
  between: (seen: readonly string[]) => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const [size, argument] = way === 'forward' ? ['first', 'after'] : ['last', 'before'];
    const { ids, pageInfo } = await page(name, `${args}, ${size}: 7, ${argument}: $cursor`, { cursor });
    if (way === 'forward') seen.push(...ids);
    else seen.unshift(...ids);
    cursor = way === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(way === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
    await between(ids);
  }
}

/** The ids of the rows called `pg-…`, as the database itself puts them in order. */
async function idsInOrder(name: ListName, column: string, direction: 'ASC' | 'DESC'): Promise<string[]> {
  const label = name === 'users' ? 'full_name' : 'name';
  const rows = await acme.db.$queryRawUnsafe(
    `SELECT id::text FROM sys.${name} WHERE ${label} ILIKE 'pg-%' AND deleted_at IS NULL
     ORDER BY ${column} ${direction}, id ${direction}`,
  );
  return idRowsSchema.parse(rows).map(({ id }) => id);
}

describe('pages in order', () => {
  it.each(inEveryOrder)(
    'hold every row of %s once, by %s %s, forward and backward',
    async (name, field, direction) => {
      const expected = await idsInOrder(name, lists[name].orders[field] ?? '', direction);
      expect(expected).toHaveLength(24);
      const args = `search: "pg-", orderBy: { field: ${field}, direction: ${direction} }`;
      expect(await walk(name, args, 'forward')).toEqual(expected);
      expect(await walk(name, args, 'backward')).toEqual(expected);
    },
  );

  it.each(listNames)('can be asked for in every order that the schema of %s has', async (name) => {
    const { data } = await fleet.graphql(
      `{ __type(name: "${lists[name].orderType}") { enumValues { name } } }`,
      { token },
    );
    const fields = z.array(z.object({ name: z.string() })).parse(data.__type.enumValues);
    expect(fields.map((field) => field.name).sort()).toEqual(Object.keys(lists[name].orders).sort());
  });

  it.each(listNames)('are the newest of %s first when no order is asked for', async (name) => {
    expect(await walk(name, 'search: "pg-"', 'forward')).toEqual(
      await idsInOrder(name, 'created_at', 'DESC'),
    );
  });

  it.each(listNames)('run upward in %s when no direction is asked for', async (name) => {
    const label = name === 'users' ? 'full_name' : 'name';
    const field = name === 'users' ? 'FULL_NAME' : 'NAME';
    expect(await walk(name, `search: "pg-", orderBy: { field: ${field} }`, 'forward')).toEqual(
      await idsInOrder(name, label, 'ASC'),
    );
  });

  it('hold people by name as people look for them: whatever the case, Hangul in its own order', async () => {
    const names = ['nm-나', 'nm-Zoe', 'nm-bob', 'nm-가', 'nm-Adam', 'nm-zoe', 'nm-Bob', 'nm-adam', 'nm-다'];
    await lists.users.add(
      acme.db,
      makeRows(names.length, (index) => names[index] ?? ''),
    );
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

  it.each(inEveryOrder.filter(([, , direction], index) => index % 4 < 2 === (direction === 'ASC')))(
    'miss and repeat nothing of %s by %s %s while other rows come and go, those of the cursors included',
    async (name, field, direction) => {
      const column = lists[name].orders[field] ?? '';
      const before = await idsInOrder(name, column, direction);
      const added: string[] = [];
      const removed = new Set<string>();
      const seen = await walk(
        name,
        `search: "pg-", orderBy: { field: ${field}, direction: ${direction} }`,
        'forward',
        async (ids) => {
          const rows = makeRows(2, (index) => ['pg-aaa', 'pg-힣'][index] ?? '');
          await lists[name].add(acme.db, rows);
          added.push(...rows.map(({ id }) => id));
          const last = ids.at(-1) ?? '';
          removed.add(last);
          await acme.db.$executeRawUnsafe(`UPDATE sys.${name} SET deleted_at = now() WHERE id = '${last}'`);
        },
      );
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => !added.includes(id))).toEqual(before);
      expect(removed.size).toBeGreaterThan(2);
      await acme.db.$executeRawUnsafe(`DELETE FROM sys.${name} WHERE id = ANY ($1::uuid[])`, added);
      await acme.db.$executeRawUnsafe(
        `UPDATE sys.${name} SET deleted_at = NULL WHERE id = ANY ($1::uuid[])`,
        [...removed],
      );
    },
  );
});

describe('a cursor', () => {
  const cursorOf = async (name: ListName, args = 'first: 3', asToken = token): Promise<string> => {
    const { data } = await list(name, args, {}, asToken);
    return z.string().parse(data[name].pageInfo.endCursor);
  };

  const refusal = async (name: ListName, args: string, cursor: string) => {
    for (const argument of ['after', 'before']) {
      const { data, errors } = await list(name, `${args}${args && ', '}${argument}: $cursor`, { cursor });
      expect(data).toEqual({ [name]: null });
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'VALIDATION_FAILED', fields: [{ path: [argument] }] },
      ]);
    }
  };

  it.each(listNames)('of another order or direction of %s is refused', async (name) => {
    const byCreation = await cursorOf(name);
    const byName = await cursorOf(
      name,
      `first: 3, orderBy: { field: ${name === 'users' ? 'FULL_NAME' : 'NAME'} }`,
    );
    await refusal(name, 'orderBy: { field: UPDATED_AT, direction: DESC }', byCreation);
    await refusal(name, 'orderBy: { field: CREATED_AT, direction: ASC }', byCreation);
    await refusal(name, '', byName);
  });

  it.each(listNames)('of another list is refused by %s', async (name) => {
    for (const other of listNames.filter((candidate) => candidate !== name)) {
      await refusal(name, '', await cursorOf(other));
    }
  });

  it.each(listNames)('of another tenant’s %s is refused', async (name) => {
    await refusal(name, '', await cursorOf(name, 'first: 1', betaToken));
  });

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
    await refusal('users', '', cursor);
  });

  it.each([
    ['NUL', forge(byName, `${uuid}:a\0b`)],
    ['more than any name holds', forge(byName, `${uuid}:${'x'.repeat(513)}`)],
  ])('with %s in its name is refused', async (_what, cursor) => {
    await refusal('users', 'orderBy: { field: FULL_NAME }', cursor);
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
    const { pageInfo } = await page('users', `${args}${args && ', '}first: 1, after: $cursor`, { cursor });
    expect(pageInfo.totalCount).toBeGreaterThan(20);
  });
});

describe('a filter', () => {
  const marked = (more: object = {}) => {
    const id = randomUUID();
    return { id, label: `filter-${id.slice(0, 8)}`, createdAt: new Date(), updatedAt: new Date(), ...more };
  };

  it('of users shows those of a department, a role or a branch, by either form of its id, and all at once', async () => {
    const [department, role, branch] = [marked(), marked(), marked()];
    await lists.departments.add(acme.db, [department]);
    await lists.roles.add(acme.db, [role]);
    await lists.branches.add(acme.db, [branch]);
    const people = [marked(), marked(), marked(), marked()];
    await lists.users.add(acme.db, people);
    const ids = people.map(({ id }) => id);
    const set = (index: number, data: object) =>
      acme.db.user.update({ where: { id: ids[index] ?? '' }, data });
    await set(0, { departmentId: department.id });
    await set(1, { roleId: role.id });
    await set(2, { branchId: branch.id });
    await set(3, { departmentId: department.id, roleId: role.id, branchId: branch.id });
    const shown = async (args: string) =>
      (await page('users', `${args}, orderBy: { field: CREATED_AT }`)).ids.sort();
    const some = (...indices: number[]) => indices.map((index) => ids[index]).sort();
    for (const form of [(_: string, id: string) => id, encodeGlobalId]) {
      const departmentId = `departmentId: "${form('Department', department.id)}"`;
      const roleId = `roleId: "${form('Role', role.id)}"`;
      const branchId = `branchId: "${form('Branch', branch.id)}"`;
      expect(await shown(departmentId)).toEqual(some(0, 3));
      expect(await shown(roleId)).toEqual(some(1, 3));
      expect(await shown(branchId)).toEqual(some(2, 3));
      expect(await shown(`${departmentId}, ${roleId}, ${branchId}`)).toEqual(some(3));
    }
  });

  it.each(['departmentId', 'roleId', 'branchId'])(
    'of users refuses a wrong %s and names it',
    async (argument) => {
      for (const id of ['nonsense', encodeGlobalId('User', randomUUID())]) {
        const { errors } = await list('users', `${argument}: "${id}"`);
        expect(errors[0]?.extensions).toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ path: [argument] }],
        });
      }
    },
  );

  it('of users and branches shows the active, or the inactive', async () => {
    for (const name of ['users', 'branches'] as const) {
      const [awake, asleep] = [marked({ isActive: true }), marked({ isActive: false })];
      await lists[name].add(acme.db, [awake, asleep]);
      expect((await page(name, 'isActive: false, search: "filter-"')).ids).toEqual([asleep.id]);
      const open = (await page(name, 'isActive: true, search: "filter-", first: 100')).ids;
      expect(open).toContain(awake.id);
      expect(open).not.toContain(asleep.id);
    }
  });

  it('of roles shows those that every tenant has, or the others', async () => {
    const system = (await page('roles', 'isSystemRole: true')).ids;
    const expected = await acme.db.role.findMany({ where: { isSystemRole: true }, select: { id: true } });
    expect(system.toSorted()).toEqual(expected.map(({ id }) => id).sort());
    const others = await page('roles', 'isSystemRole: false');
    expect(others.pageInfo.totalCount).toBe(
      await acme.db.role.count({ where: { isSystemRole: false, deletedAt: null } }),
    );
  });

  it('of departments shows those at the top, those below, and those right below one', async () => {
    const [top, middle, bottom] = [marked(), marked(), marked()];
    await lists.departments.add(acme.db, [top, middle, bottom]);
    await acme.db.department.update({ where: { id: middle.id }, data: { parentId: top.id } });
    await acme.db.department.update({ where: { id: bottom.id }, data: { parentId: middle.id } });
    const shown = async (args: string) => (await page('departments', `search: "filter-", ${args}`)).ids;
    expect(await shown('topLevel: true')).toContain(top.id);
    expect(await shown('topLevel: true')).not.toContain(middle.id);
    expect((await shown('topLevel: false')).toSorted()).toEqual([middle.id, bottom.id].sort());
    expect(await shown(`parentId: "${top.id}"`)).toEqual([middle.id]);
    expect(await shown(`parentId: "${encodeGlobalId('Department', middle.id)}"`)).toEqual([bottom.id]);
    expect(await shown(`parentId: "${top.id}", topLevel: true`)).toEqual([]);
  });

  it.each(listNames)('shows the deleted of %s, and only those, to who may delete', async (name) => {
    const [live, gone] = [marked(), marked({ deletedAt: new Date() })];
    await lists[name].add(acme.db, [live, gone]);
    expect((await page(name, 'deleted: true, first: 100')).ids).toEqual([gone.id]);
    for (const args of ['deleted: false, first: 100', 'deleted: null, first: 100']) {
      expect((await page(name, `${args}, search: "${live.label}"`)).ids).toEqual([live.id]);
      expect((await page(name, `${args}, search: "${gone.label}"`)).ids).toEqual([]);
    }
    const reader = await addPerson(fleet, acme, { permissions: [`${name}:read`, `${name}:write`] });
    const refused = await list(name, 'deleted: true', {}, reader.token);
    expect(refused.codes).toEqual(['FORBIDDEN']);
    expect(refused.errors[0]?.message).toContain(`${name}:delete`);
    expect((await list(name, 'deleted: false', {}, reader.token)).codes).toEqual([]);
    const deleter = await addPerson(fleet, acme, { permissions: [`${name}:delete`] });
    expect((await list(name, 'deleted: true', {}, deleter.token)).codes).toEqual(['FORBIDDEN']);
    const both = await addPerson(fleet, acme, { permissions: [`${name}:read`, `${name}:delete`] });
    expect((await list(name, 'deleted: true', {}, both.token)).codes).toEqual([]);
  });
});

describe('a search', () => {
  const rowsCalled = (...names: string[]) => makeRows(names.length, (index) => names[index] ?? '');

  it.each(listNames)('finds %s by code and name, whatever the case, taken literally', async (name) => {
    const rows = rowsCalled('sr-100% 확실', 'sr-under_score', 'sr-underXscore', 'sr-Back\\slash');
    await lists[name].add(acme.db, rows);
    const shown = async (search: string) => (await page(name, 'search: $search', { search })).ids;
    expect(await shown('100%')).toEqual([rows[0]?.id]);
    expect(await shown('확실')).toEqual([rows[0]?.id]);
    expect(await shown('R-UNDER_S')).toEqual([rows[1]?.id]);
    expect(await shown('k\\s')).toEqual([rows[3]?.id]);
    expect(await shown(rows[2]?.id ?? '')).toEqual([rows[2]?.id]);
    expect(await shown("'; DROP TABLE sys.users; --")).toEqual([]);
    expect((await page(name, 'search: " "')).pageInfo.totalCount).toBe(
      (await page(name, 'first: 1')).pageInfo.totalCount,
    );
  });

  it.each(listNames)('finds %s by Hangul that is typed in pieces', async (name) => {
    const row = rowsCalled('sr-한글이름');
    await lists[name].add(acme.db, row);
    const { ids } = await page(name, 'search: $search', { search: '한글이름'.normalize('NFD') });
    expect(ids).toEqual([row[0]?.id]);
  });

  it.each(listNames)('of %s refuses what can’t be searched for, and names it', async (name) => {
    for (const search of ['x'.repeat(101), 'nul\0', 'line\nbreak', 'bell\u0007']) {
      const { errors } = await list(name, 'search: $search', { search });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['search'] }],
      });
    }
  });

  it.each(listNames)('narrows the pages and the count of %s alike', async (name) => {
    const rows = rowsCalled(...Array.from({ length: 9 }, (_, index) => `sq-${index % 2}`));
    await lists[name].add(acme.db, rows);
    const { pageInfo } = await page(name, 'search: "sq-", first: 2');
    expect(pageInfo.totalCount).toBe(9);
    expect((await walk(name, 'search: "SQ-"', 'forward')).toSorted()).toEqual(
      rows.map(({ id }) => id).sort(),
    );
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
