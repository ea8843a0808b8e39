import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { createManager } from '../support/managers.ts';

let fleet: TestFleet;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const ask = (query: string, variables: object = {}, token = manager) =>
  fleet.graphql(query, { token, variables: { ...variables } });

const create = (input: object, token?: string) =>
  ask(
    `mutation ($input: ManagerCreateInput!) { createManager(input: $input) {
       temporaryPassword expiresAt manager { id uuid username email fullName isActive mustChangePassword }
     } }`,
    { input },
    token,
  );

const person = (username: string) => ({
  username,
  email: `${username}@example.com`,
  fullName: `Manager ${username}`,
});

const signIn = (username: string, password: string, newPassword?: string) =>
  fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    variables: { input: { username, password, newPassword } },
  });

const recordsOf = (action: string, entityId: string) =>
  fleet.tools.central.auditRecord.findMany({ where: { action, entityId } });

describe('createManager', () => {
  it('makes a manager with a password that is shown once and good for one sign-in', async () => {
    const { data, errors } = await create({ ...person('Made.Up'), email: 'Made.Up@Example.com' });
    expect(errors).toEqual([]);
    const { temporaryPassword, expiresAt, manager: made } = data.createManager;
    expect(made).toEqual({
      id: encodeGlobalId('Manager', made.uuid),
      uuid: made.uuid,
      username: 'made.up',
      email: 'made.up@example.com',
      fullName: 'Manager Made.Up',
      isActive: true,
      mustChangePassword: true,
    });
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 3_600_000)).toBe(72);
    expect((await signIn('made.up', temporaryPassword)).codes).toEqual(['PASSWORD_CHANGE_REQUIRED']);
    expect((await signIn('made.up', temporaryPassword, 'My-own-1-password')).codes).toEqual([]);
    expect((await signIn('made.up', temporaryPassword)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await signIn('made.up', 'My-own-1-password')).codes).toEqual([]);
  });

  it('keeps a given password as it is, and does not answer it', async () => {
    const { data } = await create({ ...person('given'), password: testPassword });
    expect(data.createManager).toMatchObject({
      temporaryPassword: null,
      expiresAt: null,
      manager: { mustChangePassword: false },
    });
    expect((await signIn('given', testPassword)).codes).toEqual([]);
  });

  it('is recorded with who did it, and without the password', async () => {
    const { data } = await create(person('recorded'));
    const { temporaryPassword, manager: made } = data.createManager;
    const records = await recordsOf('manager.create', made.uuid);
    expect(records).toMatchObject([
      {
        entityType: 'Manager',
        managerUsername: 'operator',
        tenantKey: null,
        changes: { username: { before: null, after: 'recorded' } },
      },
    ]);
    expect(JSON.stringify(records) + fleet.log.join()).not.toContain(temporaryPassword);
  });

  it.each([
    ['username', { ...person('taken'), username: 'TAKEN', email: 'free@example.com' }],
    ['email', { ...person('free'), email: 'Taken@example.com' }],
    ['username', { ...person('taken') }],
  ])('answers CONFLICT with the field %s that another manager has', async (field, input) => {
    await fleet.signInManager('taken');
    const before = await fleet.tools.central.manager.count();
    const { codes, errors } = await create(input);
    expect(codes).toEqual(['CONFLICT']);
    expect(errors[0]?.extensions).toMatchObject({
      reason: 'TAKEN',
      fields: [{ path: ['input', field], reason: 'TAKEN' }],
    });
    expect(await fleet.tools.central.manager.count()).toBe(before);
  });

  it('makes one manager of many who are asked for under one name at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        create({ ...person('raced'), email: `raced-${index}@example.com`, password: testPassword }),
      ),
    );
    const refused = answers.filter(({ codes }) => codes.length > 0);
    expect(refused).toHaveLength(4);
    for (const { errors } of refused) {
      expect(errors).toMatchObject([
        { extensions: { code: 'CONFLICT', fields: [{ path: ['input', 'username'], reason: 'TAKEN' }] } },
      ]);
    }
  });

  it('names every field that is wrong', async () => {
    const { codes, errors } = await create({ username: '-', email: 'x', fullName: ' ', password: 'weak' });
    expect(codes).toEqual(['VALIDATION_FAILED']);
    const paths = JSON.stringify(errors[0]?.extensions.fields);
    for (const field of ['username', 'email', 'fullName', 'password']) {
      expect(paths).toContain(`["input","${field}"]`);
    }
  });

  it('refuses a password from the documentation in production', async () => {
    const { graphql, app } = fleet.startApp({ ENVIRONMENT: 'production' });
    const { errors } = await graphql(
      'mutation ($input: ManagerCreateInput!) { createManager(input: $input) { expiresAt } }',
      { token: manager, variables: { input: { ...person('published'), password: 'Password123!' } } },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_FAILED' } }]);
    await app.close();
  });
});

describe('resetManagerPassword', () => {
  const reset = (managerId: string, token?: string) =>
    ask(
      `mutation ($managerId: ID!) { resetManagerPassword(managerId: $managerId) {
         temporaryPassword expiresAt manager { username mustChangePassword }
       } }`,
      { managerId },
      token,
    );

  it('gives another manager a password for one sign-in, ends their sessions, and is recorded', async () => {
    const { accessToken, refreshToken } = await fleet.signInManager('forgetful');
    expect((await ask('{ currentManager { id } }', {}, accessToken)).codes).toEqual([]);
    const { id } = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'forgetful' } });
    const { data, errors } = await reset(encodeGlobalId('Manager', id));
    expect(errors).toEqual([]);
    const { temporaryPassword, manager: given } = data.resetManagerPassword;
    expect(given).toEqual({ username: 'forgetful', mustChangePassword: true });
    expect((await ask('{ currentManager { id } }', {}, accessToken)).codes).toEqual(['UNAUTHENTICATED']);
    const refreshed = await fleet.graphql(
      'mutation ($token: String) { refreshToken(refreshToken: $token) { expiresIn } }',
      { variables: { token: refreshToken } },
    );
    expect(refreshed.codes).toEqual(['UNAUTHENTICATED']);
    expect((await signIn('forgetful', testPassword)).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await signIn('forgetful', temporaryPassword)).codes).toEqual(['PASSWORD_CHANGE_REQUIRED']);
    expect((await signIn('forgetful', temporaryPassword, 'Remembered-1-password')).codes).toEqual([]);
    const records = await recordsOf('manager.reset_password', id);
    expect(records).toMatchObject([{ managerUsername: 'operator' }]);
  });

  it('is refused for oneself and for nobody, and changes nothing', async () => {
    const { id } = await fleet.tools.central.manager.findUniqueOrThrow({ where: { username: 'operator' } });
    expect((await reset(id)).codes).toEqual(['FORBIDDEN']);
    expect((await reset(randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await ask('{ currentManager { id } }')).codes).toEqual([]);
  });

  it('lets one through of two managers who reset each other at once', async () => {
    const [one, other] = await Promise.all([fleet.signInManager('left'), fleet.signInManager('right')]);
    const idOf = async (username: string) =>
      (await fleet.tools.central.manager.findUniqueOrThrow({ where: { username } })).id;
    const answers = await Promise.all([
      reset(await idOf('right'), one.accessToken),
      reset(await idOf('left'), other.accessToken),
    ]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['UNAUTHENTICATED']);
  });
});

describe('managers', () => {
  const listed = async (args: string) => {
    const { data, errors } = await ask(
      `{ managers(${args}) { edges { node { username } } pageInfo { endCursor hasNextPage totalCount } } }`,
    );
    expect(errors).toEqual([]);
    return data.managers;
  };
  const names = ({ edges }: { edges: { node: { username: string } }[] }) =>
    edges.map(({ node }) => node.username);

  beforeAll(async () => {
    await fleet.tools.central.manager.createMany({
      data: Array.from({ length: 7 }, (_, index) => ({
        username: `listed-${index}`,
        email: `l${index}@list.example`,
        fullName: index < 3 ? '홍 길동' : 'Somebody',
        passwordHash: 'none',
        isActive: index !== 6,
        deletedAt: index === 5 ? new Date() : null,
        // Equal, so that the id has to decide.
        createdAt: new Date('2020-01-01T00:00:00Z'),
      })),
    });
  });

  it('finds by username, full name and email, whatever the case, and nobody who is deleted', async () => {
    expect(names(await listed('search: "LISTED-", orderBy: { field: USERNAME }'))).toEqual(
      [0, 1, 2, 3, 4, 6].map((index) => `listed-${index}`),
    );
    expect((await listed('search: "길동"')).pageInfo.totalCount).toBe(3);
    expect(names(await listed('search: "L4@List"'))).toEqual(['listed-4']);
  });

  it('tells active managers from disabled ones', async () => {
    expect(names(await listed('search: "listed-", isActive: false'))).toEqual(['listed-6']);
    expect((await listed('search: "listed-", isActive: true')).pageInfo.totalCount).toBe(5);
  });

  it('shows each once in pages, also when one is made meanwhile', async () => {
    const all = names(await listed('search: "list.example", first: 100'));
    const paged: string[] = [];
    for (let after = ''; ; ) {
      const page = await listed(`search: "list.example", first: 2 ${after}`);
      paged.push(...names(page));
      if (!page.pageInfo.hasNextPage) break;
      if (after === '') await create({ ...person('newcomer'), email: 'newcomer@list.example' });
      after = `after: "${page.pageInfo.endCursor}"`;
    }
    expect(paged).toEqual(all);
  });

  it('holds no password', async () => {
    const { codes } = await ask('{ managers { edges { node { passwordHash } } } }');
    expect(codes).toEqual(['QUERY_INVALID']);
  });
});

describe('manager', () => {
  const find = (managerId: string) =>
    ask('query ($managerId: ID!) { manager(managerId: $managerId) { username isActive } }', { managerId });

  it('is found by its global id and its UUID', async () => {
    const { id, username } = await createManager(fleet.tools.central);
    for (const managerId of [id, encodeGlobalId('Manager', id)]) {
      expect((await find(managerId)).data.manager).toEqual({ username, isActive: true });
    }
  });

  it('is null when there is none, or no more', async () => {
    const { id } = await createManager(fleet.tools.central);
    await fleet.tools.central.manager.update({ where: { id }, data: { deletedAt: new Date() } });
    for (const managerId of [id, randomUUID()]) {
      expect(await find(managerId)).toMatchObject({ codes: [], data: { manager: null } });
    }
  });
});
