import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' });
  acme = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
});
afterAll(() => fleet.close());

/** The row of a user with that name; everything else is made up. */
function userRow(username: string, more: object = {}) {
  return {
    username,
    email: `${username}@example.com`,
    fullName: `Full ${username}`,
    passwordHash: 'none',
    ...more,
  };
}

function newUser(username: string, more: object = {}) {
  return {
    username,
    email: `${username}@example.com`,
    password: 'Password123!',
    fullName: 'New User',
    ...more,
  };
}

const createUser = (input: object, asToken = token) =>
  fleet.graphql(
    `mutation ($input: UserCreateInput!) {
      createUser(input: $input) { id uuid username email fullName phone position isActive departmentId }
    }`,
    { token: asToken, variables: { input } },
  );

const updateUser = (userId: string, input: object) =>
  fleet.graphql(
    `mutation ($userId: ID!, $input: UserUpdateInput!) {
      updateUser(userId: $userId, input: $input) { uuid email fullName phone position isActive department { name } }
    }`,
    { token, variables: { userId, input } },
  );

describe('users', () => {
  const page = async (args: string) => {
    const { data, errors } = await fleet.graphql(
      `{ users(${args}) { edges { cursor node { username } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor totalCount } } }`,
      { token },
    );
    expect(errors).toEqual([]);
    const names: string[] = data.users.edges.map(
      (edge: { node: { username: string } }) => edge.node.username,
    );
    return { names, pageInfo: data.users.pageInfo };
  };

  describe('pages', () => {
    beforeEach(async () => {
      await acme.db.user.deleteMany({ where: { username: { not: 'admin' } } });
      // Three share each moment, so that only the id orders them.
      await acme.db.user.createMany({
        data: Array.from({ length: 30 }, (_, index) =>
          userRow(`page${String(index).padStart(2, '0')}`, {
            createdAt: new Date(Date.UTC(2026, 0, 1, 0, Math.floor(index / 3))),
          }),
        ),
      });
    });

    const walk = async (
      direction: 'forward' | 'backward',
      between: (turn: number, lastSeen: string) => Promise<void> = async () => {},
    ) => {
      const seen: string[] = [];
      let cursor = '';
      for (let turn = 0; ; turn++) {
        const { names, pageInfo } = await page(
          direction === 'forward'
            ? `first: 4, search: "page"${cursor && `, after: "${cursor}"`}`
            : `last: 4, search: "page"${cursor && `, before: "${cursor}"`}`,
        );
        if (direction === 'forward') seen.push(...names);
        else seen.unshift(...names);
        const more = direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
        if (!more) return seen;
        cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
        await between(turn, names.at(-1) ?? '');
      }
    };

    it('show every user once, newest first, however many share a moment', async () => {
      const expected = await acme.db.user.findMany({
        where: { username: { startsWith: 'page' } },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        select: { username: true },
      });
      expect(await walk('forward')).toEqual(expected.map(({ username }) => username));
    });

    it('show backward what they show forward', async () => {
      expect(await walk('backward')).toEqual(await walk('forward'));
    });

    it('stay complete while users are inserted and deleted between them, the cursor’s own included', async () => {
      let pages = 0;
      const seen = await walk('forward', async (turn, lastSeen) => {
        pages++;
        await acme.db.user.create({ data: userRow(`page-late${turn}`) });
        await acme.db.user.deleteMany({ where: { username: lastSeen } });
      });
      expect(pages).toBeGreaterThan(5);
      expect(seen.filter((name) => !name.includes('late'))).toHaveLength(30);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('go on from a row that has been removed', async () => {
      const first = await page('first: 4, search: "page"');
      const all = await walk('forward');
      await acme.db.user.deleteMany({ where: { username: first.names[3] ?? '' } });
      const second = await page(`first: 4, search: "page", after: "${first.pageInfo.endCursor}"`);
      expect(second.names).toEqual(all.slice(4, 8));
    });

    it('hold 20 users when no size is asked for', async () => {
      expect((await page('search: "page"')).names).toHaveLength(20);
    });

    it('may be empty', async () => {
      const { names, pageInfo } = await page('first: 0, search: "page"');
      expect(names).toEqual([]);
      expect(pageInfo).toMatchObject({ startCursor: null, endCursor: null, totalCount: 30 });
    });

    it.each([
      ['first: -1', 'first'],
      ['first: 101', 'first'],
      ['first: 100000', 'first'],
      ['last: -5', 'last'],
      ['first: 1, last: 1', 'last'],
      ['after: "garbage"', 'after'],
      ['after: ""', 'after'],
      ['before: "dXNlcnM6YWNtZTAxOjE6eA"', 'before'],
    ])('refuse %s and name the argument', async (args, argument) => {
      const { data, errors } = await fleet.graphql(`{ users(${args}) { edges { cursor } } }`, { token });
      expect(data).toEqual({ users: null });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: [argument] }],
      });
    });

    it('refuse a cursor of another list', async () => {
      const roles = await fleet.graphql('{ roles(first: 1) { pageInfo { endCursor } } }', { token });
      const { codes } = await fleet.graphql(
        `{ users(after: "${roles.data.roles.pageInfo.endCursor}") { edges { cursor } } }`,
        { token },
      );
      expect(codes).toEqual(['VALIDATION_FAILED']);
    });

    it('count the whole list only when the client asks', async () => {
      const counted = await recordStatements(() => page('first: 2'));
      const plain = await recordStatements(() =>
        fleet.graphql('{ users(first: 2) { edges { cursor } pageInfo { hasNextPage } } }', { token }),
      );
      expect(plain.filter((statement) => /COUNT/i.test(statement))).toEqual([]);
      expect(counted.filter((statement) => /COUNT/i.test(statement))).toHaveLength(1);
    });
  });

  describe('search', () => {
    beforeAll(async () => {
      await acme.db.user.deleteMany({ where: { username: { not: 'admin' } } });
      await acme.db.user.createMany({
        data: [
          userRow('percent', { fullName: '100% Sure' }),
          userRow('under_score', { fullName: 'Plain' }),
          userRow('underXscore', { fullName: 'Plain' }),
          userRow('back', { fullName: 'Back\\slash' }),
          userRow('mail', { email: 'needle@example.com' }),
          userRow('gone', { fullName: '100% Gone', deletedAt: new Date() }),
          userRow('asleep', { fullName: 'Sleeper', isActive: false }),
        ],
      });
    });

    it.each([
      ['100%', ['percent']],
      ['%', ['percent']],
      ['r_s', ['under_score']],
      ['\\\\', ['back']],
      ['NEEDLE', ['mail']],
      ['PERCENT', ['percent']],
      ['nobody', []],
      ["'; DROP TABLE users; --", []],
    ])('finds %j in usernames, full names and addresses, taken literally', async (text, expected) => {
      const { names } = await page(`search: ${JSON.stringify(text).replaceAll('\\\\\\\\', '\\\\')}`);
      expect(names).toEqual(expected);
    });

    it('takes a blank text for no search', async () => {
      expect((await page('search: "  "')).pageInfo.totalCount).toBe(
        (await page('first: 1')).pageInfo.totalCount,
      );
    });

    it('shows only active users, or only inactive ones', async () => {
      expect((await page('isActive: false')).names).toEqual(['asleep']);
      expect((await page('isActive: true')).names).not.toContain('asleep');
    });

    it.each(['x'.repeat(101), 'nul\u0000byte'])(
      'refuses a text that can’t be searched for',
      async (search) => {
        const { errors } = await fleet.graphql(
          `query ($search: String) { users(search: $search) { edges { cursor } } }`,
          {
            token,
            variables: { search },
          },
        );
        expect(errors[0]?.extensions).toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ path: ['search'] }],
        });
      },
    );
  });

  it('load departments, roles and permissions without a query per row', async () => {
    await acme.db.user.deleteMany({ where: { username: { not: 'admin' } } });
    const departments = await acme.db.department.createManyAndReturn({
      data: Array.from({ length: 5 }, (_, index) => ({ code: `N${index}`, name: `Department ${index}` })),
    });
    const role = await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_user' } });
    await acme.db.user.createMany({
      data: Array.from({ length: 50 }, (_, index) =>
        userRow(`many${index}`, { departmentId: departments[index % 5]?.id ?? null, roleId: role.id }),
      ),
    });
    const count = async (first: number) => {
      const statements = await recordStatements(async () => {
        const { data } = await fleet.graphql(
          `{ users(first: ${first}, search: "many") { edges { node { username department { name } role { name permissions { code } } } } } }`,
          { token },
        );
        expect(data.users.edges).toHaveLength(first);
        expect(data.users.edges[0].node.role.permissions).toContainEqual({ code: 'users:read' });
      });
      return statements.length;
    };
    const forOne = await count(1);
    expect(await count(50)).toBe(forOne);
    expect(forOne).toBeLessThanOrEqual(5);
  });
});

describe('user', () => {
  it('is found by its UUID and by its global id', async () => {
    const { id } = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    for (const userId of [id, id.toUpperCase(), encodeGlobalId('User', id)]) {
      const { data } = await fleet.graphql(`{ user(userId: "${userId}") { uuid username } }`, { token });
      expect(data.user).toEqual({ uuid: id, username: 'admin' });
    }
  });

  it('is null when there is none, and when it has been deleted', async () => {
    const deleted = await acme.db.user.create({ data: userRow('ghost', { deletedAt: new Date() }) });
    for (const userId of [randomUUID(), deleted.id]) {
      const { data, errors } = await fleet.graphql(
        `{ user(userId: "${userId}") { id } node(id: "${encodeGlobalId('User', userId)}") { id } }`,
        { token },
      );
      expect({ data, errors }).toEqual({ data: { user: null, node: null }, errors: [] });
    }
  });

  it.each([
    'nonsense',
    '',
    '1',
    encodeGlobalId('Role', randomUUID()),
    encodeGlobalId('User', 'x'),
    "' OR 1=1",
  ])('refuses the id %j', async (userId) => {
    const { codes } = await fleet.graphql('query ($userId: ID!) { user(userId: $userId) { id } }', {
      token,
      variables: { userId },
    });
    expect(codes).toEqual(['VALIDATION_FAILED']);
  });
});

describe('createUser', () => {
  it('makes an active user who can sign in, and says who made it', async () => {
    const { data, errors } = await createUser(
      newUser('Creation', { email: 'Creation@Example.com', phone: '+82 2 123' }),
    );
    expect(errors).toEqual([]);
    expect(data.createUser).toMatchObject({
      username: 'creation',
      email: 'creation@example.com',
      isActive: true,
    });
    await expect(fleet.signIn('acme01', 'creation')).resolves.toHaveProperty('accessToken');
    const [row, admin] = await Promise.all([
      acme.db.user.findFirstOrThrow({ where: { username: 'creation' }, omit: { passwordHash: false } }),
      acme.db.user.findFirstOrThrow({ where: { username: 'admin' } }),
    ]);
    expect(row.createdBy).toBe(admin.id);
    expect(row.passwordHash).toMatch(/^\$argon2id\$/);
  });

  it.each([
    ['username', { username: 'ab' }],
    ['username', { username: 'has space' }],
    ['username', { username: 'nul\u0000l' }],
    ['username', { username: 'x'.repeat(65) }],
    ['email', { email: 'not-an-address' }],
    ['email', { email: `${'x'.repeat(250)}@example.com` }],
    ['password', { password: 'password' }],
    ['password', { password: 'Aa1!' }],
    ['fullName', { fullName: '   ' }],
    ['fullName', { fullName: 'x'.repeat(129) }],
    ['phone', { phone: 'call me' }],
    ['departmentId', { departmentId: randomUUID() }],
    ['departmentId', { departmentId: 'dept-uuid' }],
    ['roleId', { roleId: encodeGlobalId('Department', randomUUID()) }],
    ['branchId', { branchId: randomUUID() }],
  ])('refuses a wrong %s, names it and writes nothing: %j', async (field, wrong) => {
    const before = await acme.db.user.count();
    const { data, errors } = await createUser(newUser('invalid', wrong));
    expect(data).toEqual({ createUser: null });
    expect(errors[0]?.extensions.code).toBe('VALIDATION_FAILED');
    expect(errors[0]?.extensions).toHaveProperty('fields.0.path', ['input', field]);
    expect(await acme.db.user.count()).toBe(before);
  });

  it('names every wrong field at once', async () => {
    const { errors } = await createUser(newUser('x', { email: 'x', password: 'x' }));
    const paths = JSON.stringify(errors[0]?.extensions);
    for (const field of ['username', 'email', 'password']) expect(paths).toContain(`["input","${field}"]`);
  });

  it.each([
    ['username', { email: 'other@example.com' }],
    ['email', { username: 'other' }],
  ])('says which field another user has: %s', async (field, difference) => {
    await createUser(newUser('taken'));
    const { errors } = await createUser({ ...newUser('TAKEN'), ...difference });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'TAKEN',
      fields: [{ path: ['input', field], reason: 'TAKEN' }],
    });
  });

  it('says of every field that another user has', async () => {
    await createUser(newUser('both'));
    const { errors } = await createUser(newUser('both'));
    expect(errors[0]?.extensions.fields).toEqual([
      { path: ['input', 'username'], message: 'This username is already in use.', reason: 'TAKEN' },
      { path: ['input', 'email'], message: 'This email address is already in use.', reason: 'TAKEN' },
    ]);
  });

  it('makes one user when the same is sent twice at once', async () => {
    const answers = await Promise.all([createUser(newUser('twice')), createUser(newUser('twice'))]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
    expect(await acme.db.user.count({ where: { username: 'twice' } })).toBe(1);
  });

  it('shows the new user to somebody who may create but not read, and nobody else', async () => {
    const role = await acme.db.role.create({ data: { code: 'creator', name: 'Creator' } });
    const permission = await acme.db.permission.findFirstOrThrow({ where: { code: 'users:write' } });
    await acme.db.rolePermission.create({ data: { roleId: role.id, permissionId: permission.id } });
    await createUser(newUser('creator', { roleId: role.id }));
    const creator = (await fleet.signIn('acme01', 'creator')).accessToken;
    const { data, errors } = await createUser(newUser('created'), creator);
    expect(errors).toEqual([]);
    expect(data.createUser.username).toBe('created');
    const read = await fleet.graphql(`{ user(userId: "${data.createUser.uuid}") { username } }`, {
      token: creator,
    });
    expect(read.codes).toEqual(['FORBIDDEN']);
  });

  it('gives no role that permits more than its giver may', async () => {
    const admin = await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_admin' } });
    const creator = (await fleet.signIn('acme01', 'creator')).accessToken;
    const { codes } = await createUser(newUser('climber', { roleId: admin.id }), creator);
    expect(codes).toEqual(['FORBIDDEN']);
    expect(await acme.db.user.count({ where: { username: 'climber' } })).toBe(0);
  });
});

describe('updateUser', () => {
  it('clears what is null, and leaves what is absent', async () => {
    const department = await acme.db.department.create({ data: { code: 'CLEAR', name: 'Clear' } });
    const { id } = await acme.db.user.create({
      data: userRow('clearing', { phone: '010-1', position: 'Clerk', departmentId: department.id }),
    });
    const { data, errors } = await updateUser(id, { phone: null, departmentId: null });
    expect(errors).toEqual([]);
    expect(data.updateUser).toMatchObject({
      phone: null,
      department: null,
      position: 'Clerk',
      fullName: 'Full clearing',
    });
  });

  it('changes nothing but the author when nothing is given', async () => {
    const before = await acme.db.user.create({ data: userRow('still') });
    const { errors } = await updateUser(before.id, {});
    expect(errors).toEqual([]);
    const {
      updatedAt: _a,
      updatedBy: _b,
      ...after
    } = await acme.db.user.findFirstOrThrow({ where: { id: before.id } });
    expect(before).toMatchObject(after);
  });

  it.each(['email', 'fullName', 'isActive'])('refuses to clear %s', async (field) => {
    const { id } = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    const { errors } = await updateUser(id, { [field]: null });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', field] }],
    });
  });

  it.each([
    ['email', 'not-an-address'],
    ['email', `${'x'.repeat(250)}@example.com`],
    ['email', 'a@b.c\0'],
    ['fullName', ''],
    ['fullName', '\u200b'],
    ['fullName', 'a\nb'],
    ['fullName', 'x'.repeat(129)],
    ['phone', 'call me'],
    ['phone', '1'.repeat(33)],
    ['position', ' '],
    ['position', 'x'.repeat(129)],
    ['position', 'a\u0007'],
    ['departmentId', randomUUID()],
    ['roleId', randomUUID()],
    ['roleId', encodeGlobalId('Branch', randomUUID())],
    ['branchId', 'nonsense'],
  ])('refuses a wrong %s, names it and writes nothing: %j', async (field, value) => {
    const { id } = await acme.db.user.create({ data: userRow(`wrong-${randomUUID()}`) });
    const before = await acme.db.user.findUniqueOrThrow({ where: { id } });
    const { data, errors } = await updateUser(id, { [field]: value, isActive: false });
    expect(data).toEqual({ updateUser: null });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', field] }],
    });
    expect(await acme.db.user.findUniqueOrThrow({ where: { id } })).toEqual(before);
  });

  it('refuses references to what has been deleted', async () => {
    const gone = { code: `gone-${randomUUID()}`, name: 'Gone', deletedAt: new Date() };
    const references = {
      departmentId: (await acme.db.department.create({ data: gone })).id,
      roleId: (await acme.db.role.create({ data: gone })).id,
      branchId: (await acme.db.branch.create({ data: gone })).id,
    };
    const { id } = await acme.db.user.create({ data: userRow(`referring-${randomUUID()}`) });
    const { errors } = await updateUser(id, references);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: Object.keys(references).map((field) => ({ path: ['input', field] })),
    });
  });

  it('ends the sessions of who is deactivated, and lets them in again once they are active', async () => {
    const username = `sleeper-${randomUUID()}`;
    const { data } = await createUser(newUser(username));
    const { accessToken } = await fleet.signIn('acme01', username);
    expect((await updateUser(data.createUser.uuid, { isActive: false })).errors).toEqual([]);
    expect((await fleet.graphql('{ me { id } }', { token: accessToken })).codes).toEqual(['UNAUTHENTICATED']);
    await expect(fleet.signIn('acme01', username)).rejects.toThrow('Sign-in failed');
    expect((await updateUser(data.createUser.uuid, { isActive: true })).errors).toEqual([]);
    await expect(fleet.signIn('acme01', username)).resolves.toHaveProperty('accessToken');
    expect((await fleet.graphql('{ me { id } }', { token: accessToken })).codes).toEqual(['UNAUTHENTICATED']);
  });

  it('reports an address that another user has', async () => {
    const { id } = await acme.db.user.create({ data: userRow('colliding') });
    const { email } = await acme.db.user.create({ data: userRow('occupant') });
    const { errors } = await updateUser(id, { email });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      fields: [{ path: ['input', 'email'], reason: 'TAKEN' }],
    });
  });

  it('finds nobody who is not there, or has been deleted', async () => {
    const deleted = await acme.db.user.create({ data: userRow('departed', { deletedAt: new Date() }) });
    for (const id of [randomUUID(), deleted.id]) {
      expect((await updateUser(id, { fullName: 'X' })).codes).toEqual(['NOT_FOUND']);
    }
  });
});

describe('deleteUser', () => {
  const deleteUser = (userId: string) =>
    fleet.graphql('mutation ($userId: ID!) { deleteUser(userId: $userId) { success message } }', {
      token,
      variables: { userId },
    });

  it('keeps the row, ends the account and frees its name and address', async () => {
    const { data } = await createUser(newUser('leaver'));
    const { uuid } = data.createUser;
    expect((await deleteUser(uuid)).data.deleteUser).toEqual({
      success: true,
      message: 'The user “leaver” was deleted.',
    });
    const row = await acme.db.user.findFirstOrThrow({ where: { id: uuid } });
    expect(row.deletedAt).not.toBeNull();
    expect(row.deletedBy).not.toBeNull();
    await expect(fleet.signIn('acme01', 'leaver')).rejects.toThrow('Sign-in failed');
    expect((await createUser(newUser('leaver'))).errors).toEqual([]);
  });

  it('deletes once when sent twice at once', async () => {
    const { id } = await acme.db.user.create({ data: userRow('double') });
    const answers = await Promise.all([deleteUser(id), deleteUser(id)]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['NOT_FOUND']);
  });
});

describe('restoreUser', () => {
  const restoreUser = (userId: string) =>
    fleet.graphql(
      `mutation ($userId: ID!) { restoreUser(userId: $userId) {
        uuid username isActive deletedAt department { name } role { code } branch { name }
      } }`,
      { token, variables: { userId } },
    );
  const deleteUser = (userId: string) =>
    fleet.graphql('mutation ($userId: ID!) { deleteUser(userId: $userId) { success } }', {
      token,
      variables: { userId },
    });

  it('brings back who was deleted, as they were, without their sessions', async () => {
    const username = `returning-${randomUUID()}`;
    const { data } = await createUser(newUser(username));
    const { accessToken } = await fleet.signIn('acme01', username);
    await deleteUser(data.createUser.uuid);
    const restored = await restoreUser(encodeGlobalId('User', data.createUser.uuid));
    expect(restored.data.restoreUser).toMatchObject({ username, isActive: true, deletedAt: null });
    expect((await fleet.graphql('{ me { id } }', { token: accessToken })).codes).toEqual(['UNAUTHENTICATED']);
    await expect(fleet.signIn('acme01', username)).resolves.toHaveProperty('accessToken');
  });

  it('keeps what is still there of department, role and branch, and clears what is not', async () => {
    const coded = () => ({ code: `ref-${randomUUID()}`, name: 'Reference' });
    const [department, role, branch] = [
      await acme.db.department.create({ data: coded() }),
      await acme.db.role.create({ data: { ...coded(), deletedAt: new Date() } }),
      await acme.db.branch.create({ data: { ...coded(), deletedAt: new Date() } }),
    ];
    const { id } = await acme.db.user.create({
      data: userRow(`referred-${randomUUID()}`, {
        departmentId: department.id,
        roleId: role.id,
        branchId: branch.id,
        deletedAt: new Date(),
      }),
    });
    const { data } = await restoreUser(id);
    expect(data.restoreUser).toMatchObject({ department: { name: 'Reference' }, role: null, branch: null });
  });

  it.each(['username', 'email'] as const)('reports a %s that somebody else has by now', async (field) => {
    const row = userRow(`rival-${randomUUID()}`);
    const { id } = await acme.db.user.create({ data: { ...row, deletedAt: new Date() } });
    await acme.db.user.create({ data: { ...userRow(`other-${randomUUID()}`), [field]: row[field] } });
    const { errors } = await restoreUser(id);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      fields: [{ path: ['userId'], message: expect.stringContaining(field), reason: 'TAKEN' }],
    });
    expect(await acme.db.user.count({ where: { id, deletedAt: { not: null } } })).toBe(1);
  });

  it('finds nobody who is not there, or is not deleted', async () => {
    const { id } = await acme.db.user.create({ data: userRow(`live-${randomUUID()}`) });
    for (const userId of [randomUUID(), id]) expect((await restoreUser(userId)).codes).toEqual(['NOT_FOUND']);
  });
});
