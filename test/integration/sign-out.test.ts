import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import {
  addUser,
  createSessionClient,
  type SessionClient,
  type SessionTokens,
} from '../support/session-client.ts';
import { administratorRoleId } from '../support/sessions.ts';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;
let admin: SessionTokens;
/** May change users, and no more than that. */
let clerkRoleId: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  client = createSessionClient(fleet.graphql);
  admin = await client.signIn('admin');
  const { data } = await fleet.graphql(
    'mutation { createRole(input: { code: "clerk", name: "Clerk", permissions: ["users:read", "users:write"] }) { uuid } }',
    { token: admin.accessToken },
  );
  clerkRoleId = data.createRole.uuid;
});
afterAll(() => fleet.close());

const sessionIdOf = (token: string) => z.object({ sid: z.uuid() }).parse(decodeJwt(token)).sid;
const ended = ['UNAUTHENTICATED'];

async function begin(username: string, more: object = {}) {
  const userId = await addUser(acme, username, more);
  return { userId, ...(await client.signIn(username)) };
}

const send = (token: string, document: string, variables: Record<string, unknown> = {}) =>
  fleet.graphql(document, { token, variables });
const logoutEverywhere = (token: string, userId?: string) =>
  send(token, 'mutation ($userId: ID) { logoutEverywhere(userId: $userId) { message } }', { userId });
const revokeSession = (token: string, sessionId: string, userId?: string) =>
  send(
    token,
    'mutation ($sessionId: ID!, $userId: ID) { revokeSession(sessionId: $sessionId, userId: $userId) { success } }',
    { sessionId, userId },
  );
const listSessions = (token: string, userId?: string) =>
  send(
    token,
    `query ($userId: ID) { sessions(userId: $userId) {
      id uuid device userAgent address isCurrent createdAt lastUsedAt expiresAt
    } }`,
    { userId },
  );

describe('logout', () => {
  it('ends the session of the access token, and no other', async () => {
    const here = await begin('leaving');
    const there = await client.signIn('leaving');
    expect((await client.logout({ token: here.accessToken })).data.logout).toEqual({
      success: true,
      message: 'You are signed out.',
    });
    expect(await client.use(here.accessToken)).toEqual(ended);
    expect((await client.refresh(here.refreshToken)).codes).toEqual(ended);
    expect(await client.use(there.accessToken)).toEqual([]);
    expect(
      await acme.db.auditRecord.findMany({
        where: { action: 'session.end', entityId: sessionIdOf(here.accessToken) },
      }),
    ).toMatchObject([{ username: 'leaving' }]);
  });

  it('ends the session of a refresh token, beside an access token that is no longer good too', async () => {
    const first = await begin('tokenonly');
    expect((await client.logout({ variables: { token: first.refreshToken } })).errors).toEqual([]);
    expect(await client.use(first.accessToken)).toEqual(ended);
    const second = await client.signIn('tokenonly');
    const answer = await client.logout({
      token: first.accessToken,
      variables: { token: second.refreshToken },
    });
    expect(answer.errors).toEqual([]);
    expect(await client.use(second.accessToken)).toEqual(ended);
  });

  it('may be repeated with a refresh token', async () => {
    const { refreshToken } = await begin('twice');
    for (let turn = 0; turn < 2; turn++) {
      expect((await client.logout({ variables: { token: refreshToken } })).errors).toEqual([]);
    }
    const records = await acme.db.auditRecord.count({
      where: { action: 'session.end', entityId: sessionIdOf(refreshToken) },
    });
    expect(records).toBe(1);
  });

  it('refuses garbage, an access token in place of a refresh token, and nothing at all', async () => {
    const { accessToken } = await begin('confused');
    for (const token of ['', 'garbage', accessToken, null]) {
      expect((await client.logout({ variables: { token } })).codes).toEqual(ended);
    }
    expect(await client.use(accessToken)).toEqual([]);
  });
});

describe('logoutEverywhere', () => {
  it('ends all of one’s own sessions, and says how many', async () => {
    const devices = [
      await begin('everywhere'),
      await client.signIn('everywhere'),
      await client.signIn('everywhere'),
    ];
    const bystander = await begin('bystander');
    const { data } = await logoutEverywhere(devices[0]?.accessToken ?? '');
    expect(data.logoutEverywhere.message).toContain('Sessions ended: 3');
    for (const { accessToken, refreshToken } of devices) {
      expect(await client.use(accessToken)).toEqual(ended);
      expect((await client.refresh(refreshToken)).codes).toEqual(ended);
    }
    expect(await client.use(bystander.accessToken)).toEqual([]);
  });

  it('ends another user’s for who may change users', async () => {
    const clerk = await begin('clerk1', { roleId: clerkRoleId });
    const user = await begin('managed');
    for (const id of [user.userId, encodeGlobalId('User', user.userId)]) {
      const tokens = await client.signIn('managed');
      expect((await logoutEverywhere(clerk.accessToken, id)).errors).toEqual([]);
      expect(await client.use(tokens.accessToken)).toEqual(ended);
    }
    expect(await client.use(clerk.accessToken)).toEqual([]);
    const session = await acme.db.session.findUniqueOrThrow({ where: { id: sessionIdOf(user.accessToken) } });
    expect(session.revokedReason).toBe('revoked');
  });

  it('does not end those of somebody who may do more', async () => {
    const clerk = await begin('clerk2', { roleId: clerkRoleId });
    const boss = await begin('boss', { roleId: await administratorRoleId(acme) });
    expect((await logoutEverywhere(clerk.accessToken, boss.userId)).codes).toEqual(['FORBIDDEN']);
    expect(
      (await revokeSession(clerk.accessToken, sessionIdOf(boss.accessToken), boss.userId)).codes,
    ).toEqual(['FORBIDDEN']);
    expect((await listSessions(clerk.accessToken, boss.userId)).codes).toEqual(['FORBIDDEN']);
    expect(await client.use(boss.accessToken)).toEqual([]);
  });

  it('needs users:write for another user, and none for oneself', async () => {
    const nobody = await begin('nobody');
    const other = await begin('other');
    const id = sessionIdOf(other.accessToken);
    expect((await logoutEverywhere(nobody.accessToken, other.userId)).codes).toEqual(['FORBIDDEN']);
    expect((await revokeSession(nobody.accessToken, id, other.userId)).codes).toEqual(['FORBIDDEN']);
    expect((await listSessions(nobody.accessToken, other.userId)).codes).toEqual(['FORBIDDEN']);
    expect(await client.use(other.accessToken)).toEqual([]);
    expect((await logoutEverywhere(nobody.accessToken, nobody.userId)).errors).toEqual([]);
    expect(await client.use(nobody.accessToken)).toEqual(ended);
  });

  it('finds no user who is not there, and none who was deleted', async () => {
    const deleted = await addUser(acme, 'deleted', { deletedAt: new Date() });
    for (const id of [randomUUID(), deleted]) {
      expect((await logoutEverywhere(admin.accessToken, id)).codes).toEqual(['NOT_FOUND']);
    }
    expect((await logoutEverywhere(admin.accessToken, 'no id')).codes).toEqual(['VALIDATION_FAILED']);
  });

  it('may be asked for by many at once', async () => {
    const { userId, accessToken } = await begin('hunted');
    // One after the other: what is under way counts as failed, and the account may be locked for those behind.
    for (let turn = 0; turn < 8; turn++) await client.signIn('hunted');
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => logoutEverywhere(admin.accessToken, userId)),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(await client.use(accessToken)).toEqual(ended);
    expect(await acme.db.session.count({ where: { userId, revokedAt: null } })).toBe(0);
    expect(
      await acme.db.auditRecord.count({ where: { action: 'session.end', username: 'admin' } }),
    ).toBeGreaterThanOrEqual(9);
  });

  it('needs somebody who is signed in', async () => {
    for (const document of ['mutation { logoutEverywhere { success } }', '{ sessions { id } }']) {
      expect((await fleet.graphql(document)).codes).toEqual(ended);
    }
  });
});

describe('sessions', () => {
  const windows =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
  const iphone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

  /** Signs in as a browser would from that address. */
  async function signInFrom(username: string, userAgent: string | null, address: string | null) {
    const response = await fleet.app.fetch(
      new Request('http://api.test/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(userAgent === null ? {} : { 'user-agent': userAgent }),
        },
        body: JSON.stringify({
          query: `mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }`,
          variables: { input: { tenantKey: 'acme01', username, password: testPassword } },
        }),
      }),
      address,
    );
    const body = z
      .object({ data: z.object({ login: z.object({ accessToken: z.string(), refreshToken: z.string() }) }) })
      .parse(await response.json());
    return body.data.login;
  }

  it('tells the device, the address and the times of each, the last used first', async () => {
    await addUser(acme, 'traveller');
    const desk = await signInFrom('traveller', windows, '198.51.100.7');
    const phone = await signInFrom('traveller', iphone, '2001:db8::7');
    const script = await signInFrom('traveller', null, null);
    await acme.db.session.updateMany({ data: { lastUsedAt: new Date(Date.now() - 3_600_000) } });
    await client.renew(desk.refreshToken);

    const { data, errors } = await listSessions(phone.accessToken);
    expect(errors).toEqual([]);
    const id = sessionIdOf(desk.accessToken);
    expect(data.sessions[0]).toMatchObject({
      uuid: id,
      id: encodeGlobalId('Session', id),
      device: 'Chrome on Windows',
      userAgent: windows,
      address: '198.51.100.7',
      isCurrent: false,
    });
    expect(Date.now() - Date.parse(data.sessions[0].lastUsedAt)).toBeLessThan(60_000);
    expect(Date.parse(data.sessions[0].expiresAt)).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect(data.sessions).toHaveLength(3);
    expect(data.sessions).toContainEqual(
      expect.objectContaining({
        uuid: sessionIdOf(phone.accessToken),
        device: 'Safari on iOS',
        address: '2001:db8::7',
        isCurrent: true,
      }),
    );
    expect(data.sessions).toContainEqual(
      expect.objectContaining({
        uuid: sessionIdOf(script.accessToken),
        device: 'Unknown device',
        address: null,
        userAgent: null,
      }),
    );
  });

  it('keep no more of a browser’s own words than fit', async () => {
    await addUser(acme, 'verbose');
    const { accessToken } = await signInFrom('verbose', `Weird/1.0 ${'('.repeat(6_000)}`, null);
    const { data, errors } = await listSessions(accessToken);
    expect(errors).toEqual([]);
    expect(data.sessions[0].userAgent).toHaveLength(256);
  });

  it('leave out those that have ended', async () => {
    const kept = await begin('tidy');
    const signedOut = await client.signIn('tidy');
    const expired = await client.signIn('tidy');
    await client.logout({ token: signedOut.accessToken });
    await acme.db.session.update({
      where: { id: sessionIdOf(expired.accessToken) },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const { data } = await listSessions(kept.accessToken);
    expect(data.sessions.map(({ uuid }: { uuid: string }) => uuid)).toEqual([sessionIdOf(kept.accessToken)]);
  });

  it('of another user are shown to who may change users, none of them as current', async () => {
    const clerk = await begin('clerk3', { roleId: clerkRoleId });
    const user = await begin('watched');
    const { data, errors } = await listSessions(clerk.accessToken, encodeGlobalId('User', user.userId));
    expect(errors).toEqual([]);
    expect(data.sessions).toMatchObject([{ uuid: sessionIdOf(user.accessToken), isCurrent: false }]);
  });

  it('of one account are at most 100: the one used longest ago ends first', { timeout: 30_000 }, async () => {
    const oldest = await begin('collector');
    const { userId } = oldest;
    await acme.db.session.createMany({
      data: Array.from({ length: 99 }, (_, index) => ({
        id: randomUUID(),
        userId,
        lastUsedAt: new Date(Date.now() + index * 1_000),
        expiresAt: new Date(Date.now() + 86_400_000),
      })),
    });
    await acme.db.session.update({
      where: { id: sessionIdOf(oldest.accessToken) },
      data: { lastUsedAt: new Date(Date.now() - 1_000) },
    });
    const newest = await client.signIn('collector');
    expect(await acme.db.session.count({ where: { userId, revokedAt: null } })).toBe(100);
    expect((await client.refresh(oldest.refreshToken)).codes).toEqual(ended);
    expect((await client.refresh(newest.refreshToken)).errors).toEqual([]);
  });
});

describe('revokeSession', () => {
  it.each([
    ['UUID', (id: string) => id],
    ['global id', (id: string) => encodeGlobalId('Session', id)],
  ])('ends one of one’s own sessions, named by its %s', async (what, name) => {
    const username = `picky-${what.replace(' ', '')}`.toLowerCase();
    const here = await begin(username);
    const there = await client.signIn(username);
    const id = sessionIdOf(there.accessToken);
    expect((await revokeSession(here.accessToken, name(id))).errors).toEqual([]);
    expect(await client.use(there.accessToken)).toEqual(ended);
    expect((await client.refresh(there.refreshToken)).codes).toEqual(ended);
    expect(await client.use(here.accessToken)).toEqual([]);
    expect((await revokeSession(here.accessToken, name(id))).codes).toEqual(['NOT_FOUND']);
  });

  it('ends one of another user’s for who may change users', async () => {
    const clerk = await begin('clerk4', { roleId: clerkRoleId });
    const user = await begin('revoked');
    const id = sessionIdOf(user.accessToken);
    expect((await revokeSession(clerk.accessToken, id, user.userId)).errors).toEqual([]);
    expect(await client.use(user.accessToken)).toEqual(ended);
  });

  it('does not find a session of somebody else among one’s own, or a user’s among another’s', async () => {
    const user = await begin('victim');
    const id = sessionIdOf(user.accessToken);
    const intruder = await begin('intruder');
    expect((await revokeSession(intruder.accessToken, id)).codes).toEqual(['NOT_FOUND']);
    expect((await revokeSession(admin.accessToken, id)).codes).toEqual(['NOT_FOUND']);
    expect((await revokeSession(admin.accessToken, id, intruder.userId)).codes).toEqual(['NOT_FOUND']);
    expect((await revokeSession(admin.accessToken, randomUUID())).codes).toEqual(['NOT_FOUND']);
    expect((await revokeSession(admin.accessToken, encodeGlobalId('User', id))).codes).toEqual([
      'VALIDATION_FAILED',
    ]);
    expect(await client.use(user.accessToken)).toEqual([]);
  });
});
