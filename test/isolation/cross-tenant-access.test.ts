import { randomUUID } from 'node:crypto';
import { type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/schema.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { type RootField, rootFields, writeFullOperation } from '../support/full-operation.ts';
import type { ClientAnswer, ClientRequest } from '../support/graphql-client.ts';
import { isForManagers, managerOperations } from '../support/manager-operations.ts';
import { readEveryRow, type Snapshot } from '../support/snapshots.ts';
import { refreshClaims } from '../support/tokens.ts';
import { attendanceReplays } from './replays/attendance.ts';
import { customerReplays } from './replays/customers.ts';
import { employeeReplays } from './replays/employees.ts';
import { entityReplays, permissionReplays } from './replays/entities.ts';
import { leaveReplays } from './replays/leave.ts';
import { newAccount, peopleReplays } from './replays/people.ts';
import { pipelineReplays } from './replays/pipelines.ts';
import {
  listNames,
  type Replay,
  type Replays,
  type ReplayTenant,
  refused,
  type Target,
} from './replays/replay.ts';
import { createReplayTenants } from './replays/replay-tenants.ts';
import { sessionReplays } from './replays/sessions.ts';

const tenantKeys = ['acme01', 'beta02'] as const;
type TenantKey = (typeof tenantKeys)[number];

/** The replays of each field of Query and Mutation. */
const replays: Replays = {
  ...peopleReplays,
  ...entityReplays,
  ...employeeReplays,
  ...leaveReplays,
  ...attendanceReplays,
  ...customerReplays,
  ...pipelineReplays,
  ...permissionReplays,
  ...sessionReplays,
};

/** The fields for managers alone are reached for in another way: see below. */
const fieldsForUsers = [...rootFields(schema)].filter(([, field]) => !isForManagers(field));

let fleet: TestFleet;
let replayTenants: Readonly<Record<TenantKey, ReplayTenant>>;

/** Asserts that a root field was refused as expected. */
function expectRefused(
  coordinate: string,
  answer: ClientAnswer,
  { data, codes }: Replay['refusal'],
  what?: string,
): void {
  expect(answer.data, what).toMatchObject(data ?? { [coordinate.replace(/^\w+\./, '')]: null });
  expect(answer.codes, what).toEqual(codes);
}

/** The operations of all fields, with everything that they can return: rows, what they refer to, and what that refers to. */
const operations: ReadonlyMap<string, string> = new Map(
  [...rootFields(schema)].map(([coordinate, { type }]) => {
    const depth = getNamedType(type).name.endsWith('Connection') ? 5 : 3;
    return [coordinate, writeFullOperation(schema, coordinate, depth)];
  }),
);

const send = (coordinate: string, request: ClientRequest) =>
  fleet.graphql(operations.get(coordinate) ?? '', request);

/** A replay with the request that it sends. */
interface ReadyReplay {
  readonly name: string;
  readonly replay: Replay;
  readonly request: ClientRequest;
}

/** Writes the requests of all replays, by the field, and the rows that they are to use up. */
async function makeReady(target: Target, caller: ReplayTenant): Promise<Map<string, ReadyReplay[]>> {
  const ready = new Map<string, ReadyReplay[]>();
  for (const [coordinate, ofField] of Object.entries(replays)) {
    const requests: ReadyReplay[] = [];
    for (const replay of ofField) {
      const request = await replay.request(target, caller);
      requests.push({ name: `by ${replay.aim} with ${replay.with}`, replay, request });
    }
    ready.set(coordinate, requests);
  }
  return ready;
}

beforeAll(async () => {
  // Full selections are larger than what a client may ask for.
  fleet = await createTestFleet(
    { GRAPHQL_COMPLEXITY_LIMIT: '1000000', GRAPHQL_TOKEN_LIMIT: '100000' },
    undefined,
    { comparesExecutions: true },
  );
  const [acme01, beta02] = await createReplayTenants(fleet, tenantKeys);
  replayTenants = { acme01, beta02 };
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
    describe(`when it reaches for what ${otherKey} has`, () => {
      let ready: ReadonlyMap<string, readonly ReadyReplay[]>;
      let before: Snapshot;
      let ids: ReadonlySet<string>;

      beforeAll(async () => {
        const { [callerKey]: caller, [otherKey]: other } = replayTenants;
        ready = await makeReady(other.own, caller);
        before = await readEveryRow(other.db);
        ids = idsOnlyIn(before, await readEveryRow(caller.db));
      });

      it.each(Object.keys(replays))('%s shows nothing of it, in any way', async (coordinate) => {
        for (const { name, replay, request } of ready.get(coordinate) ?? []) {
          const answer = await send(coordinate, request);
          expectNothingOf(otherKey, answer, ids, name);
          expectRefused(coordinate, answer, replay.refusal, name);
        }
      });

      it.each(listNames)('%s refuses the cursor of the twin row', async (name) => {
        const { [callerKey]: caller, [otherKey]: other } = replayTenants;
        const answer = await send(`Query.${name}`, {
          token: caller.token,
          variables: { after: other.sameIds.cursors[name] },
        });
        expectRefused(`Query.${name}`, answer, refused('VALIDATION_FAILED'));
      });

      it.each(listNames)('%s shows only its own rows after a place of the other’s', async (name) => {
        const { [callerKey]: caller, [otherKey]: other } = replayTenants;
        const forged = Buffer.from(other.own.cursors[name], 'base64url')
          .toString('latin1')
          .replace(otherKey, callerKey);
        const answer = await send(`Query.${name}`, {
          token: caller.token,
          variables: { after: Buffer.from(forged).toString('base64url') },
        });
        expect(answer.codes).toEqual([]);
        expect(JSON.stringify(answer.data)).toContain(callerKey);
        expectNothingOf(otherKey, answer, ids);
      });

      it('shows nothing of it to a manager who has entered the caller', { timeout: 60_000 }, async () => {
        const { [callerKey]: caller } = replayTenants;
        const { accessToken: own } = await fleet.signInManager();
        const { data } = await fleet.graphql(
          'mutation ($key: String!) { enterTenant(tenantKey: $key, reason: "Test") { accessToken } }',
          { token: own, variables: { key: callerKey } },
        );
        const token = data.enterTenant.accessToken;
        for (const [coordinate, ofField] of ready) {
          for (const { name, request } of ofField) {
            if (request.token !== caller.token) continue;
            const answer = await send(coordinate, { ...request, token });
            expectNothingOf(otherKey, answer, ids, `${coordinate} ${name}`);
          }
        }
        // The token was good all the time.
        const { data: seen } = await send('Query.users', { token });
        expect(JSON.stringify(seen)).toContain(callerKey);
      });

      it('has changed nothing of it by all of that', async () => {
        expect(await readEveryRow(replayTenants[otherKey].db)).toEqual(before);
      });
    });

    describe.each([
      [`what ${callerKey} has`, () => replayTenants[callerKey].own],
      [`what ${callerKey} has of what both have`, () => replayTenants[callerKey].sameIds],
    ] as const)('when it reaches for %s', (_what, targetOf) => {
      let ready: ReadonlyMap<string, readonly ReadyReplay[]>;
      let before: Snapshot;
      let ids: ReadonlySet<string>;

      beforeAll(async () => {
        const { [callerKey]: caller, [otherKey]: other } = replayTenants;
        ready = await makeReady(targetOf(), caller);
        before = await readEveryRow(other.db);
        ids = idsOnlyIn(before, await readEveryRow(caller.db));
      });

      it.each(Object.keys(replays))(`%s serves it, and shows nothing of ${otherKey}`, async (coordinate) => {
        const { db } = replayTenants[callerKey];
        for (const { name, replay, request } of ready.get(coordinate) ?? []) {
          const own = replay.proof === 'a change' ? await readEveryRow(db) : undefined;
          const answer = await send(coordinate, request);
          expectNothingOf(otherKey, answer, ids, name);
          expect(answer.codes, name).toEqual([]);
          if (own) expect(await readEveryRow(db), name).not.toEqual(own);
          else expect(JSON.stringify(answer.data), name).toContain(callerKey);
        }
      });

      it(`has changed nothing of ${otherKey} by all of that`, async () => {
        expect(await readEveryRow(replayTenants[otherKey].db)).toEqual(before);
      });
    });

    it('creates a user whose account the other has too, in its own database alone', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
      const account = newAccount();
      await addUser(other, account);
      const before = await readEveryRow(other.db);
      const { codes } = await send('Mutation.createUser', {
        token: caller.token,
        variables: { input: account },
      });
      expect(codes).toEqual([]);
      expect(await caller.db.user.count({ where: { username: account.username } })).toBe(1);
      expect(await readEveryRow(other.db)).toEqual(before);
    });

    it.each(Object.entries(managerOperations(otherKey, randomUUID(), randomUUID())))(
      '%s, which is for managers, neither shows nor changes the other',
      async (_coordinate, { query, variables }) => {
        const { central } = fleet.tools;
        const ofOther = { where: { tenantKey: otherKey }, include: { configs: true } };
        const before = await central.tenant.findUnique(ofOther);
        const { [callerKey]: caller } = replayTenants;
        const { codes, data } = await fleet.graphql(query, { token: caller.token, variables });
        expect(codes).toEqual(['FORBIDDEN']);
        expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
        expect(await central.tenant.findUnique(ofOther)).toEqual(before);
      },
    );

    it('answers for the token’s tenant whatever other headers name', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
      const answer = await send('Query.user', {
        token: caller.token,
        variables: { userId: caller.sameIds.ids.User },
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
      const { [callerKey]: caller } = replayTenants;
      const { username, password } = caller.sameIds;
      const signIn = await fleet.signIn(callerKey, username, password);
      const { data } = await send('Mutation.refreshToken', {
        variables: { refreshToken: signIn.refreshToken },
      });
      const tokens = [signIn.accessToken, signIn.refreshToken, data.refreshToken.accessToken];
      expect(tokens.map((token) => decodeJwt(token).tenant_key)).toEqual(tokens.map(() => callerKey));
    });

    it('is in the other alone when it signs in there with its own access token at hand', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
      const before = await readEveryRow(caller.db);
      const { username, password } = other.own;
      const { data, errors } = await send('Mutation.login', {
        token: caller.token,
        variables: { input: { tenantKey: otherKey, username, password } },
      });
      expect(errors).toEqual([]);
      expect(decodeJwt(data.login.accessToken).tenant_key).toBe(otherKey);
      expect(data.login.tenant.key).toBe(otherKey);
      expect(data.login.user.fullName).toContain(otherKey);
      expect(JSON.stringify(data)).not.toContain(callerKey);
      expect(await readEveryRow(caller.db)).toEqual(before);
    });

    it('can’t refresh a session of the other that it does not hold, with its own access token at hand', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
      const before = await Promise.all([caller, other].map(({ db }) => readEveryRow(db)));
      const answer = await send('Mutation.refreshToken', {
        token: caller.token,
        variables: { refreshToken: await caller.sign(refreshClaims(otherKey, other.own.ids.User)) },
      });
      expectRefused('Mutation.refreshToken', answer, refused('UNAUTHENTICATED'));
      expect(await Promise.all([caller, other].map(({ db }) => readEveryRow(db)))).toEqual(before);
    });

    it('can’t read on in the other after signing in to itself in one document', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
      const sessionOf = ({ tenantKey, own }: ReplayTenant) => ({
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
      expect(answer.data).toEqual({ mine: { user: { fullName: expect.any(String) } }, theirs: null });
      expect(answer.codes).toEqual(['VALIDATION_FAILED']);
    });

    it('finds in one document its own rows and none of the other’s', async () => {
      const { [callerKey]: caller, [otherKey]: other } = replayTenants;
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
    const callers = Array.from({ length: 50 }, () => Object.values(replayTenants)).flat();
    const names = await Promise.all(
      callers.map(async ({ token, sameIds }) => {
        const { data } = await fleet.graphql('query ($id: ID!) { user(userId: $id) { fullName } }', {
          token,
          variables: { id: sameIds.ids.User },
        });
        return data.user.fullName;
      }),
    );
    expect(names).toEqual(callers.map(({ tenantKey }) => `John of ${tenantKey}`));
  });

  it('changes each tenant’s own row when both change the same id at the same time', async () => {
    await Promise.all(
      Object.values(replayTenants).map(({ tenantKey, token, sameIds }) =>
        send('Mutation.updateUser', {
          token,
          variables: {
            userId: sameIds.ids.User,
            input: { phone: '010-1', position: `Head of ${tenantKey}` },
          },
        }),
      ),
    );
    const positions = await Promise.all(
      Object.values(replayTenants).map(async ({ db, sameIds }) => {
        const { position } = await db.user.findUniqueOrThrow({ where: { id: sameIds.ids.User } });
        return position;
      }),
    );
    expect(positions).toEqual(['Head of acme01', 'Head of beta02']);
  });
});

/** The arguments of a field that can point to rows: ids, cursors and searches. */
function waysIntoRows({ args }: RootField): string[] {
  return args.flatMap(({ name, type }) =>
    ['after', 'before', 'search'].includes(name) ? [name] : idsIn(name, type),
  );
}

function idsIn(path: string, type: GraphQLInputType): string[] {
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    return Object.values(named.getFields()).flatMap((field) => idsIn(`${path}.${field.name}`, field.type));
  }
  return ['ID', 'UUID'].includes(named.name) ? [path] : [];
}

/** The ids in one tenant's database that the other's has not. */
function idsOnlyIn(snapshot: Snapshot, other: Snapshot): ReadonlySet<string> {
  const others = idsNamedBy(other.join());
  return new Set([...idsNamedBy(snapshot.join())].filter((id) => !others.has(id)));
}

/** The ids that a text names as they are. */
function idsNamedBy(text: string): Set<string> {
  return new Set(text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));
}

/** The ids that an answer shows, as they are or in global ids, cursors and tokens: whatever is in base64. */
function idsShownBy(text: string): Set<string> {
  const encoded = text.match(/[\w+/-]{48,}/g) ?? [];
  return idsNamedBy(`${text} ${encoded.map((token) => Buffer.from(token, 'base64').toString()).join(' ')}`);
}

/** Fails when an answer names the tenant, or an id that only it has. */
function expectNothingOf(
  tenantKey: TenantKey,
  answer: ClientAnswer,
  ids: ReadonlySet<string>,
  what?: string,
): void {
  const text = JSON.stringify([answer.data, answer.errors]);
  expect(text, what).not.toContain(tenantKey);
  expect(ids.size).toBeGreaterThan(0);
  expect(
    [...idsShownBy(text)].filter((id) => ids.has(id)),
    what,
  ).toEqual([]);
}

/** Adds a user past the application. */
async function addUser(
  { db, tenantKey }: TestTenant,
  { username, email }: { readonly username: string; readonly email: string },
): Promise<void> {
  await db.user.create({
    data: { username, email, fullName: `Somebody of ${tenantKey}`, passwordHash: 'none' },
  });
}
