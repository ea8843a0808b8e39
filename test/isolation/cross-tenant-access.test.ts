import { randomUUID } from 'node:crypto';
import { getNamedType, isInputObjectType } from 'graphql';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashPassword } from '../../src/auth/password.ts';
import { encodeGlobalId, type NodeTypeName } from '../../src/graphql/global-id.ts';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { type RootField, rootFields, writeFullOperation } from '../support/full-operation.ts';
import type { ClientAnswer, ClientRequest } from '../support/graphql-client.ts';
import { isForManagers, managerOperations } from '../support/manager-operations.ts';
import { readEveryRow, type Snapshot } from '../support/snapshots.ts';
import { accessClaims, refreshClaims, signToken } from '../support/tokens.ts';

const tenantKeys = ['acme01', 'beta02'] as const;
type TenantKey = (typeof tenantKeys)[number];

const listNames = ['users', 'departments', 'roles', 'branches'] as const;
type ListName = (typeof listNames)[number];

/** What a request may be aimed at: one row of each kind, and what leads to it. */
interface Target {
  readonly ids: Readonly<Record<NodeTypeName, string>>;
  readonly username: string;
  readonly password: string;
  readonly cursors: Readonly<Record<ListName, string>>;
  readonly search: string;
  /** Makes one more user, to be deleted, and returns the id. */
  spareUser(): Promise<string>;
}

/** A tenant and what is in it. Every name in it ends with the tenant's key; ids, codes and accounts do not tell. */
interface Household extends TestTenant {
  readonly token: string;
  /** Rows whose ids no other tenant has. */
  readonly own: Target;
  /** Rows whose ids, creation times and accounts are the same in both tenants. */
  readonly twins: Target;
}

/** One way to reach for rows through one root field. */
interface Replay {
  /** The argument that points to the rows: as in the schema, with dots into input objects. */
  readonly aim: string;
  readonly with: string;
  /** The request as the caller would send it to reach the target. */
  request(target: Target, caller: Household): Promise<ClientRequest> | ClientRequest;
  /** What the caller gets when the target is another tenant's. */
  readonly refusal: { readonly data: object | null; readonly codes: readonly string[] };
}

const notThere = (field: string) => ({ data: { [field]: null }, codes: [] });
const refused = (code: string) => ({ data: null, codes: [code] });

/** A replay for each of the two forms of an id. */
function byId(
  aim: string,
  typename: NodeTypeName,
  refusal: Replay['refusal'],
  variables: (id: string, caller: Household, target: Target) => Promise<object> | object,
  forms: readonly ('UUID' | 'global id')[] = ['UUID', 'global id'],
  idOf: (target: Target) => Promise<string> | string = (target) => target.ids[typename],
): Replay[] {
  return forms.map((form) => ({
    aim,
    with: `a ${typename}’s ${form}`,
    refusal,
    request: async (target, caller) => {
      const uuid = await idOf(target);
      const id = form === 'UUID' ? uuid : encodeGlobalId(typename, uuid);
      return { token: caller.token, variables: { ...(await variables(id, caller, target)) } };
    },
  }));
}

/** The replays that every list has. */
function list(name: ListName): Replay[] {
  return [
    {
      aim: 'after',
      with: 'a cursor',
      refusal: refused('VALIDATION_FAILED'),
      request: ({ cursors }, { token }) => ({ token, variables: { first: 10, after: cursors[name] } }),
    },
    {
      aim: 'before',
      with: 'a cursor',
      refusal: refused('VALIDATION_FAILED'),
      request: ({ cursors }, { token }) => ({ token, variables: { last: 10, before: cursors[name] } }),
    },
    {
      aim: 'search',
      with: 'names',
      refusal: { data: { [name]: { edges: [], pageInfo: { totalCount: 0 } } }, codes: [] },
      request: ({ search }, { token }) => ({ token, variables: { search } }),
    },
  ];
}

/** The replays of the inputs that put a user into a department, a role and a branch. */
function references(variables: (caller: Household, reference: object) => object): Replay[] {
  return (['Department', 'Role', 'Branch'] as const).flatMap((typename) => {
    const field = `${typename.toLowerCase()}Id`;
    return byId(`input.${field}`, typename, refused('VALIDATION_FAILED'), (id, caller) =>
      variables(caller, { [field]: id }),
    );
  });
}

const nodeTypes = ['User', 'Role', 'Department', 'Branch'] as const;

/** How each field of Query and Mutation is reached for. */
const replays: Readonly<Record<string, readonly Replay[]>> = {
  'Query.me': [
    {
      aim: 'the token’s subject',
      with: 'a user’s id',
      refusal: { data: { me: null }, codes: ['UNAUTHENTICATED'] },
      request: async ({ ids }, { tenantKey }) => ({
        token: await sign(accessClaims(tenantKey, ids.User)),
      }),
    },
  ],
  'Query.users': list('users'),
  'Query.user': byId('userId', 'User', notThere('user'), (userId) => ({ userId })),
  'Query.departments': list('departments'),
  'Query.department': byId('departmentId', 'Department', notThere('department'), (departmentId) => ({
    departmentId,
  })),
  'Query.roles': list('roles'),
  'Query.role': byId('roleId', 'Role', notThere('role'), (roleId) => ({ roleId })),
  'Query.branches': list('branches'),
  'Query.branch': byId('branchId', 'Branch', notThere('branch'), (branchId) => ({ branchId })),
  'Query.node': nodeTypes.flatMap((typename) =>
    byId('id', typename, notThere('node'), (id) => ({ id }), ['global id']),
  ),
  'Query.nodes': nodeTypes.flatMap((typename) =>
    byId('ids', typename, { data: { nodes: [null] }, codes: [] }, (id) => ({ ids: [id] }), ['global id']),
  ),
  'Mutation.createUser': references((_caller, reference) => ({
    input: { ...newAccount(), ...reference },
  })),
  'Mutation.updateUser': [
    ...byId('userId', 'User', refused('NOT_FOUND'), (userId) => ({
      userId,
      input: { position: `Changed ${randomUUID()}` },
    })),
    ...references((caller, reference) => ({ userId: caller.own.ids.User, input: reference })),
  ],
  'Mutation.deleteUser': byId(
    'userId',
    'User',
    refused('NOT_FOUND'),
    (userId) => ({ userId }),
    ['UUID', 'global id'],
    (target) => target.spareUser(),
  ),
  'Mutation.login': [
    {
      aim: 'input.password',
      with: 'an account',
      refusal: refused('INVALID_CREDENTIALS'),
      request: ({ username, password }, { tenantKey }) => ({
        variables: { input: { tenantKey, username, password } },
      }),
    },
  ],
  'Mutation.refreshToken': [
    {
      aim: 'refreshToken',
      with: 'a user’s id as the subject',
      refusal: refused('UNAUTHENTICATED'),
      request: async ({ ids }, { tenantKey }) => ({
        variables: { refreshToken: await sign(refreshClaims(tenantKey, ids.User)) },
      }),
    },
  ],
};

/** The fields for managers alone are reached for in another way: see below. */
const fieldsForUsers = [...rootFields(schema)].filter(([, field]) => !isForManagers(field));

let fleet: TestFleet;
let households: Readonly<Record<TenantKey, Household>>;

const sign = (claims: Readonly<Record<string, unknown>>) => signToken(claims, fleet.secretKey);

/** Sends the replay's field with everything that it can return. */
const send = (coordinate: string, request: ClientRequest) =>
  fleet.graphql(writeFullOperation(schema, coordinate, 5), request);

beforeAll(async () => {
  // Full selections are larger than what a client may ask for.
  fleet = await createTestFleet({ GRAPHQL_COMPLEXITY_LIMIT: '1000000', GRAPHQL_TOKEN_LIMIT: '100000' });
  const twinIds = makeIds();
  const [acme01, beta02] = await Promise.all(tenantKeys.map((tenantKey) => furnish(tenantKey, twinIds)));
  if (!acme01 || !beta02) throw new Error('Two tenants are needed');
  const twinUser = async () => {
    const id = randomUUID();
    for (const household of [acme01, beta02]) await addSpareUser(household, id);
    return id;
  };
  households = {
    acme01: { ...acme01, twins: { ...acme01.twins, spareUser: twinUser } },
    beta02: { ...beta02, twins: { ...beta02.twins, spareUser: twinUser } },
  };
});
afterAll(() => fleet.close());

describe('the replays', () => {
  it('cover every field of Query and Mutation, and no other', () => {
    expect(Object.keys(replays).sort()).toEqual(fieldsForUsers.map(([coordinate]) => coordinate).sort());
  });

  it.each(fieldsForUsers)('cover every way into rows that %s has', (coordinate, field) => {
    const aims = (replays[coordinate] ?? []).map(({ aim }) => aim);
    expect(aims).not.toEqual([]);
    expect(aims).toEqual(expect.arrayContaining(waysIntoRows(field)));
  });
});

for (const [callerKey, otherKey] of [
  ['acme01', 'beta02'],
  ['beta02', 'acme01'],
] as const) {
  describe(`${callerKey} beside ${otherKey}`, () => {
    /** Sends the caller's request and makes sure that it shows and changes nothing of the other tenant. */
    async function replayBeside(
      coordinate: string,
      makeRequest: () => Promise<ClientRequest> | ClientRequest,
    ) {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const request = await makeRequest();
      const before = await readEveryRow(other.db);
      const answer = await send(coordinate, request);
      expectNothingOf(other, answer, idsOnlyIn(before, await readEveryRow(caller.db)));
      expect(await readEveryRow(other.db)).toEqual(before);
      return answer;
    }

    for (const [coordinate, replay] of Object.entries(replays).flatMap(([coordinate, ofField]) =>
      ofField.map((replay) => [coordinate, replay] as const),
    )) {
      describe(`${coordinate} by ${replay.aim} with ${replay.with}`, () => {
        it(`neither shows nor changes what ${otherKey} has`, async () => {
          const { [callerKey]: caller, [otherKey]: other } = households;
          const answer = await replayBeside(coordinate, () => replay.request(other.own, caller));
          expect(answer).toMatchObject(replay.refusal);
          expect(answer.codes).toEqual(replay.refusal.codes);
        });

        it(`serves what ${callerKey} has`, async () => {
          const { [callerKey]: caller } = households;
          const answer = await replayBeside(coordinate, () => replay.request(caller.own, caller));
          expect(answer.codes).toEqual([]);
          expect(JSON.stringify(answer.data)).toContain(callerKey);
        });

        it(`serves what ${callerKey} has of what both have`, async () => {
          const { [callerKey]: caller } = households;
          const answer = await replayBeside(coordinate, () => replay.request(caller.twins, caller));
          expect(answer.codes).toEqual([]);
          expect(JSON.stringify(answer.data)).toContain(callerKey);
        });
      });
    }

    it.each(listNames)('refuses the cursor of the twin row in %s', async (name) => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const answer = await send(`Query.${name}`, {
        token: caller.token,
        variables: { after: other.twins.cursors[name] },
      });
      expect(answer).toMatchObject(refused('VALIDATION_FAILED'));
    });

    it.each(listNames)('shows only its own rows after a place of the other’s in %s', async (name) => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const forged = Buffer.from(other.own.cursors[name], 'base64url')
        .toString('latin1')
        .replace(otherKey, callerKey);
      const answer = await send(`Query.${name}`, {
        token: caller.token,
        variables: { after: Buffer.from(forged).toString('base64url') },
      });
      expect(answer.codes).toEqual([]);
      expect(JSON.stringify(answer.data)).toContain(callerKey);
      expectNothingOf(other, answer, idsOnlyIn(await readEveryRow(other.db), await readEveryRow(caller.db)));
    });

    it('creates a user whose account the other has too, in its own database alone', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const account = newAccount();
      await addUser(other, { ...account, id: randomUUID() });
      const before = await readEveryRow(other.db);
      const { codes } = await send('Mutation.createUser', {
        token: caller.token,
        variables: { input: account },
      });
      expect(codes).toEqual([]);
      expect(await caller.db.user.count({ where: { username: account.username } })).toBe(1);
      expect(await readEveryRow(other.db)).toEqual(before);
    });

    it.each(Object.entries(managerOperations(otherKey, randomUUID())))(
      '%s, which is for managers, neither shows nor changes the other',
      async (_coordinate, { query, variables }) => {
        const { central } = fleet.tools;
        const ofOther = { where: { tenantKey: otherKey }, include: { configs: true } };
        const before = await central.tenant.findUnique(ofOther);
        const { [callerKey]: caller } = households;
        const { codes, data } = await fleet.graphql(query, { token: caller.token, variables });
        expect(codes).toEqual(['FORBIDDEN']);
        expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
        expect(await central.tenant.findUnique(ofOther)).toEqual(before);
      },
    );

    it('is all that a manager gets who has entered it', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const { accessToken: own } = await fleet.signInManager();
      const { data } = await fleet.graphql(
        'mutation ($key: String!) { enterTenant(tenantKey: $key, reason: "Test") { accessToken } }',
        { token: own, variables: { key: callerKey } },
      );
      const token = data.enterTenant.accessToken;
      for (const [coordinate, ofField] of Object.entries(replays)) {
        for (const replay of ofField) {
          const request = await replay.request(other.own, caller);
          if (request.token !== caller.token) continue;
          const before = await readEveryRow(other.db);
          const answer = await send(coordinate, { ...request, token });
          expectNothingOf(other, answer, idsOnlyIn(before, await readEveryRow(caller.db)));
          expect(await readEveryRow(other.db)).toEqual(before);
        }
      }
    });

    it('answers for the token’s tenant whatever other headers name', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const answer = await send('Query.user', {
        token: caller.token,
        variables: { userId: caller.twins.ids.User },
        headers: {
          'x-tenant-key': otherKey,
          'x-tenant-id': otherKey,
          'x-tenant': otherKey,
          host: `${otherKey}.api.test`,
          cookie: `tenant_key=${otherKey}; access_token=${other.token}`,
        },
      });
      expect(answer.data.user.fullName).toContain(callerKey);
    });

    it('gets tokens for itself alone when it signs in and when it refreshes', async () => {
      const { [callerKey]: caller } = households;
      const { username, password } = caller.twins;
      const signIn = await fleet.signIn(callerKey, username, password);
      const { data } = await send('Mutation.refreshToken', {
        variables: { refreshToken: signIn.refreshToken },
      });
      const tokens = [signIn.accessToken, signIn.refreshToken, data.refreshToken.accessToken];
      expect(tokens.map((token) => decodeJwt(token).tenant_key)).toEqual(tokens.map(() => callerKey));
    });

    it('can’t sign in to the other with its own access token at hand', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const before = await Promise.all([caller, other].map(({ db }) => readEveryRow(db)));
      const { username, password } = other.own;
      const answer = await send('Mutation.login', {
        token: caller.token,
        variables: { input: { tenantKey: otherKey, username, password } },
      });
      expect(answer).toMatchObject(refused('VALIDATION_FAILED'));
      expect(await Promise.all([caller, other].map(({ db }) => readEveryRow(db)))).toEqual(before);
    });

    it('can’t refresh a session of the other with its own access token at hand', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const answer = await send('Mutation.refreshToken', {
        token: caller.token,
        variables: { refreshToken: await sign(refreshClaims(otherKey, other.own.ids.User)) },
      });
      expect(answer).toMatchObject(refused('VALIDATION_FAILED'));
    });

    it('can’t read on in the other after signing in to itself in one document', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const sessionOf = ({ tenantKey, own }: Household) => ({
        tenantKey,
        username: own.username,
        password: own.password,
      });
      const answer = await fleet.graphql(
        `mutation ($mine: LoginInput!, $theirs: LoginInput!) {
        mine: login(input: $mine) { user { fullName } }
        theirs: login(input: $theirs) { user { fullName } }
      }`,
        { variables: { mine: sessionOf(caller), theirs: sessionOf(other) } },
      );
      expect(answer).toMatchObject(refused('VALIDATION_FAILED'));
    });

    it('finds in one document its own rows and none of the other’s', async () => {
      const { [callerKey]: caller, [otherKey]: other } = households;
      const { data, errors } = await fleet.graphql(
        `query ($mine: ID!, $theirs: ID!) {
        mine: user(userId: $mine) { fullName }
        theirs: user(userId: $theirs) { fullName }
      }`,
        { token: caller.token, variables: { mine: caller.own.ids.User, theirs: other.own.ids.User } },
      );
      expect({ data, errors }).toEqual({
        data: { mine: { fullName: `Kim of ${callerKey}` }, theirs: null },
        errors: [],
      });
    });
  });
}

describe('both at once', () => {
  it('answers each of 100 interleaved requests for one id from its own tenant', async () => {
    const callers = Array.from({ length: 50 }, () => Object.values(households)).flat();
    const names = await Promise.all(
      callers.map(async ({ token, twins }) => {
        const { data } = await fleet.graphql('query ($id: ID!) { user(userId: $id) { fullName } }', {
          token,
          variables: { id: twins.ids.User },
        });
        return data.user.fullName;
      }),
    );
    expect(names).toEqual(callers.map(({ tenantKey }) => `John of ${tenantKey}`));
  });

  it('changes each tenant’s own row when both change the same id at the same time', async () => {
    await Promise.all(
      Object.values(households).map(({ tenantKey, token, twins }) =>
        send('Mutation.updateUser', {
          token,
          variables: { userId: twins.ids.User, input: { phone: '010-1', position: `Head of ${tenantKey}` } },
        }),
      ),
    );
    const positions = await Promise.all(
      Object.values(households).map(async ({ db, twins }) => {
        const { position } = await db.user.findUniqueOrThrow({ where: { id: twins.ids.User } });
        return position;
      }),
    );
    expect(positions).toEqual(['Head of acme01', 'Head of beta02']);
  });
});

/** The arguments of a field that can point to rows: ids, cursors and searches. */
function waysIntoRows({ args }: RootField): string[] {
  return args.flatMap(({ name, type }) => {
    const named = getNamedType(type);
    if (isInputObjectType(named)) {
      return Object.values(named.getFields())
        .filter((field) => getNamedType(field.type).name === 'ID')
        .map((field) => `${name}.${field.name}`);
    }
    return named.name === 'ID' || ['after', 'before', 'search'].includes(name) ? [name] : [];
  });
}

/** The ids in one tenant's database that the other's has not. */
function idsOnlyIn(snapshot: Snapshot, other: Snapshot): string[] {
  const idsOf = (rows: Snapshot) =>
    new Set(JSON.stringify(rows).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));
  const others = idsOf(other);
  return [...idsOf(snapshot)].filter((id) => !others.has(id));
}

/** Fails when an answer names the household, or an id that only it has. */
function expectNothingOf({ tenantKey }: Household, answer: ClientAnswer, ids: readonly string[]): void {
  const text = JSON.stringify([answer.data, answer.errors]);
  expect(text).not.toContain(tenantKey);
  expect(ids.length).toBeGreaterThan(0);
  const shown = ids.filter(
    (id) => text.includes(id) || nodeTypes.some((typename) => text.includes(encodeGlobalId(typename, id))),
  );
  expect(shown).toEqual([]);
}

function makeIds(): Record<NodeTypeName, string> {
  return { User: randomUUID(), Role: randomUUID(), Department: randomUUID(), Branch: randomUUID() };
}

function newAccount() {
  const username = `new-${randomUUID()}`;
  return { username, email: `${username}@example.com`, password: 'Password123!', fullName: 'New' };
}

/** Adds a user past the application. */
async function addUser(
  { db, tenantKey }: TestTenant,
  { id, username, email }: { readonly id: string; readonly username: string; readonly email: string },
): Promise<void> {
  await db.user.create({
    data: { id, username, email, fullName: `Somebody of ${tenantKey}`, passwordHash: 'none' },
  });
}

async function addSpareUser(tenant: TestTenant, id: string): Promise<void> {
  const username = `spare-${tenant.tenantKey}-${id}`;
  await addUser(tenant, { id, username, email: `${id}@example.com` });
}

/** Provisions a tenant and puts rows into it that look like the other tenant's. */
async function furnish(tenantKey: TenantKey, twinIds: Record<NodeTypeName, string>): Promise<Household> {
  const tenant = await fleet.provision(tenantKey, { adminEmail: 'admin@example.com' });
  const { accessToken: token } = await fleet.signIn(tenantKey);
  const password = `${tenantKey}-Password123!`;
  const passwordHash = await hashPassword(password);
  const ownIds = makeIds();
  // Rows before and after, so that a page on either side of a cursor has something to show.
  const sets = [
    { ids: makeIds(), name: 'Lee', year: 2023 },
    { ids: twinIds, name: 'John', year: 2024 },
    { ids: ownIds, name: 'Kim', year: 2025 },
    { ids: makeIds(), name: 'Park', year: 2026 },
  ];
  for (const set of sets) await addRows(tenant, { ...set, passwordHash });
  const cursors = await readCursors(token);
  const target = (ids: Record<NodeTypeName, string>, username: string, search: string): Target => ({
    ids,
    username,
    password,
    search,
    cursors: {
      users: cursors.get(ids.User) ?? '',
      departments: cursors.get(ids.Department) ?? '',
      roles: cursors.get(ids.Role) ?? '',
      branches: cursors.get(ids.Branch) ?? '',
    },
    async spareUser() {
      const id = randomUUID();
      await addSpareUser(tenant, id);
      return id;
    },
  });
  return { ...tenant, token, own: target(ownIds, 'kim', tenantKey), twins: target(twinIds, 'john', 'John') };
}

/** Adds a user with a department, a role and a branch. */
async function addRows(
  { db, tenantKey }: TestTenant,
  {
    ids,
    name,
    year,
    passwordHash,
  }: { ids: Record<NodeTypeName, string>; name: string; year: number; passwordHash: string },
): Promise<void> {
  const createdAt = new Date(Date.UTC(year, 0, 1));
  const thing = (id: string) => ({
    id,
    code: name.toLowerCase(),
    name: `${name} of ${tenantKey}`,
    createdAt,
  });
  const permissions = await db.permission.findMany({ select: { id: true } });
  await db.department.create({ data: { ...thing(ids.Department), description: `Works for ${tenantKey}` } });
  await db.department.create({
    data: { code: `${name}-2`, name: `${name} below, ${tenantKey}`, parentId: ids.Department, createdAt },
  });
  await db.branch.create({ data: { ...thing(ids.Branch), address: `1 Street of ${tenantKey}` } });
  await db.role.create({
    data: {
      ...thing(ids.Role),
      rolePermissions: { create: permissions.map(({ id }) => ({ permissionId: id })) },
    },
  });
  await db.user.create({
    data: {
      id: ids.User,
      username: name.toLowerCase(),
      email: `${name.toLowerCase()}@example.com`,
      fullName: `${name} of ${tenantKey}`,
      passwordHash,
      departmentId: ids.Department,
      roleId: ids.Role,
      branchId: ids.Branch,
      createdAt,
    },
  });
}

const edgeSchema = z.object({ cursor: z.string(), node: z.object({ uuid: z.string() }) });

/** The cursors of all rows in all lists, by the row's id. */
async function readCursors(token: string): Promise<ReadonlyMap<string, string>> {
  const { data, errors } = await fleet.graphql(
    `{ ${listNames.map((name) => `${name}(first: 100) { edges { cursor node { uuid } } }`).join(' ')} }`,
    { token },
  );
  expect(errors).toEqual([]);
  return new Map(
    listNames.flatMap((name) =>
      z
        .array(edgeSchema)
        .parse(data[name].edges)
        .map(({ cursor, node }) => [node.uuid, cursor] as const),
    ),
  );
}
