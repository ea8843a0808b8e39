import { createHash, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { lockSession, lockUser } from '../support/row-locks.ts';
import { addUser, createSessionClient, type SessionClient } from '../support/session-client.ts';
import { administratorRoleId, storeRefreshToken } from '../support/sessions.ts';
import { readEveryRow } from '../support/snapshots.ts';
import { refreshClaims, secondsFromNow, signToken } from '../support/tokens.ts';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  await fleet.provision('beta02');
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

const claimsSchema = z.object({ jti: z.uuid(), sid: z.uuid(), sub: z.uuid() });
const claimsOf = (token: string) => claimsSchema.parse(decodeJwt(token));

/** Signs a user of the test's own in. */
async function begin(username: string) {
  const userId = await addUser(acme, username);
  return { userId, ...(await client.signIn(username)) };
}

/** Backdates the use of the token by so many seconds. */
async function age(refreshToken: string, seconds: number): Promise<void> {
  const { count } = await acme.db.refreshToken.updateMany({
    where: { id: claimsOf(refreshToken).jti, usedAt: { not: null } },
    data: { usedAt: new Date(Date.now() - seconds * 1_000) },
  });
  expect(count).toBe(1);
}

const session = (token: string) => acme.db.session.findUniqueOrThrow({ where: { id: claimsOf(token).sid } });

async function expectReused(answer: Awaited<ReturnType<SessionClient['refresh']>>, token: string) {
  expect({ data: answer.data, codes: answer.codes }).toEqual({
    data: { refreshToken: null },
    codes: ['UNAUTHENTICATED'],
  });
  expect((await session(token)).revokedReason).toBe('reuse');
}

describe('a refresh token', () => {
  it('is exchanged for another of the same session', async () => {
    const first = await begin('rotating');
    const second = await client.renew(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(claimsOf(second.refreshToken).sid).toBe(claimsOf(first.refreshToken).sid);
    expect(await client.use(second.accessToken)).toEqual([]);
    expect(await client.use(first.accessToken)).toEqual([]);
  });

  it('is stored as a hash, in a family', async () => {
    const first = await begin('hashed');
    const second = await client.renew(first.refreshToken);
    const dump = (await readEveryRow(acme.db)).join('\n');
    expect(dump).toContain('sys.refresh_tokens');
    for (const token of [first, second].flatMap((tokens) => [tokens.refreshToken, tokens.accessToken])) {
      for (const part of token.split('.').slice(1)) expect(dump).not.toContain(part);
    }
    const { sid, jti } = claimsOf(first.refreshToken);
    expect(
      await acme.db.refreshToken.findMany({
        where: { sessionId: sid },
        orderBy: { createdAt: 'asc' },
        omit: { tokenHash: false },
      }),
    ).toMatchObject(
      [first, second].map(({ refreshToken }, index) => ({
        id: claimsOf(refreshToken).jti,
        parentId: index === 0 ? null : jti,
        tokenHash: createHash('sha256').update(refreshToken).digest('hex'),
      })),
    );
  });

  it('prolongs the session, and says when it was used', async () => {
    const first = await begin('prolonged');
    const past = new Date(Date.now() - 3_600_000);
    await acme.db.session.update({
      where: { id: claimsOf(first.refreshToken).sid },
      data: { lastUsedAt: past, expiresAt: new Date(Date.now() + 60_000) },
    });
    await client.renew(first.refreshToken);
    const { lastUsedAt, expiresAt } = await session(first.refreshToken);
    expect(lastUsedAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 6 * 86_400_000);
  });

  it('that is used again after the grace ends the whole session, access tokens included', async () => {
    const first = await begin('stolen');
    const second = await client.renew(first.refreshToken);
    const third = await client.renew(second.refreshToken);
    expect(await client.use(third.accessToken)).toEqual([]);
    await age(first.refreshToken, 11);
    await expectReused(await client.refresh(first.refreshToken), first.refreshToken);
    for (const tokens of [first, second, third]) {
      expect(await client.use(tokens.accessToken)).toEqual(['UNAUTHENTICATED']);
      expect((await client.refresh(tokens.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    }
    expect(
      await acme.db.auditRecord.findMany({ where: { entityId: claimsOf(first.refreshToken).sid } }),
    ).toMatchObject([
      { action: 'session.begin', entityType: 'Session' },
      { action: 'session.reuse', entityType: 'Session', userId: null },
    ]);
  });

  it('that is used again leaves the user’s other sessions alone', async () => {
    const first = await begin('twodevices');
    const other = await client.signIn('twodevices');
    await client.renew(first.refreshToken);
    await age(first.refreshToken, 11);
    await expectReused(await client.refresh(first.refreshToken), first.refreshToken);
    expect(await client.use(other.accessToken)).toEqual([]);
    expect((await client.refresh(other.refreshToken)).errors).toEqual([]);
  });

  it('serves two tabs that refresh at once, and goes on with what their browser has kept last', async () => {
    const first = await begin('twotabs');
    // Both wait for the session's row, so that they really meet.
    const { sid } = claimsOf(first.refreshToken);
    const tabs = await meetAtRow(sid, 2, () => client.renew(first.refreshToken));
    let [, kept] = tabs;
    for (let turn = 0; turn < 3 && kept; turn++) kept = await client.renew(kept.refreshToken);
    for (const { accessToken } of tabs) expect(await client.use(accessToken)).toEqual([]);
    expect((await session(first.refreshToken)).revokedAt).toBeNull();
  });

  it('serves 20 that refresh at once', async () => {
    const first = await begin('crowd');
    const answers = await meetAtRow(
      claimsOf(first.refreshToken).sid,
      5,
      () => client.refresh(first.refreshToken),
      20,
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data.refreshToken.refreshToken)).size).toBe(20);
    expect((await session(first.refreshToken)).revokedAt).toBeNull();
  });

  it('may still be used again 9 seconds later, as long as nobody has gone on', async () => {
    const first = await begin('slowtab');
    const second = await client.renew(first.refreshToken);
    await age(first.refreshToken, 9);
    expect((await client.refresh(first.refreshToken)).errors).toEqual([]);
    expect((await client.refresh(second.refreshToken)).errors).toEqual([]);
  });

  it('may not be used again once somebody has gone on with its successor, however soon', async () => {
    const first = await begin('overtaken');
    const second = await client.renew(first.refreshToken);
    await client.renew(second.refreshToken);
    await expectReused(await client.refresh(first.refreshToken), first.refreshToken);
  });

  it('may not be used again beside its successor, when both come at once', async () => {
    const first = await begin('alongside');
    const second = await client.renew(first.refreshToken);
    // In line for the session's row: the successor first.
    const lock = await lockSession(acme, claimsOf(first.refreshToken).sid);
    const successor = client.refresh(second.refreshToken);
    await lock.waiters(1);
    const predecessor = client.refresh(first.refreshToken);
    await lock.waiters(2).finally(() => lock.release());
    expect((await successor).errors).toEqual([]);
    await expectReused(await predecessor, first.refreshToken);
  });

  it('does not get a longer grace by being used again', async () => {
    const first = await begin('insistent');
    await client.renew(first.refreshToken);
    await age(first.refreshToken, 9);
    await client.renew(first.refreshToken);
    await age(first.refreshToken, 11);
    await expectReused(await client.refresh(first.refreshToken), first.refreshToken);
  });

  it('of a session that is over is refused', async () => {
    const { refreshToken, accessToken } = await begin('expired');
    await acme.db.session.update({
      where: { id: claimsOf(refreshToken).sid },
      data: { expiresAt: new Date(Date.now() - 1_000) },
    });
    expect((await client.refresh(refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect(await client.use(accessToken)).toEqual(['UNAUTHENTICATED']);
  });

  it('that was stolen is of no use after a sign-out', async () => {
    const { refreshToken, accessToken } = await begin('careful');
    await client.logout({ token: accessToken });
    expect((await client.refresh(refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await session(refreshToken)).revokedReason).toBe('logout');
  });

  it('whose own time is over is refused as expired', async () => {
    const { userId, refreshToken } = await begin('outdated');
    const token = await signToken(
      {
        ...refreshClaims('acme01', userId),
        sid: claimsOf(refreshToken).sid,
        iat: secondsFromNow(-600),
        exp: secondsFromNow(-60),
      },
      fleet.secretKey,
    );
    expect((await client.refresh(token)).codes).toEqual(['TOKEN_EXPIRED']);
  });

  it('signed as it should be is refused unless it is the very one that was issued', async () => {
    const { userId, refreshToken } = await begin('counterfeit');
    const stranger = await begin('stranger');
    const { sid, jti } = claimsOf(refreshToken);
    const good = { ...refreshClaims('acme01', userId), sid };
    const counterfeits = {
      'another hash': { ...good, jti },
      'another jti': good,
      'another session': { ...good, sid: claimsOf(stranger.refreshToken).sid, jti },
      'a session that nobody has': { ...good, sid: randomUUID(), jti },
      'another account': { ...good, sub: stranger.userId, jti },
      'another tenant': { ...good, tenant_key: 'beta02', jti },
      'no tenant': { ...good, tenant_key: null, jti },
    };
    for (const claims of Object.values(counterfeits)) {
      const token = await signToken(claims, fleet.secretKey);
      expect(token).not.toBe(refreshToken);
      expect((await client.refresh(token)).codes).toEqual(['UNAUTHENTICATED']);
    }
    // The same, but stored: what is refused above is refused for that alone.
    const issued = await signToken(good, fleet.secretKey);
    await storeRefreshToken(acme.db, issued);
    expect((await client.refresh(issued)).errors).toEqual([]);
    expect((await client.refresh(refreshToken)).errors).toEqual([]);
  });
});

describe('a session whose refresh token was stolen and replayed within the grace', () => {
  /** Victim and thief have refreshed with the same token, and each has a successor. */
  async function fork(username: string) {
    const first = await begin(username);
    return {
      first,
      victim: await client.renew(first.refreshToken),
      thief: await client.renew(first.refreshToken),
    };
  }

  it.each(['victim', 'thief'] as const)(
    'ends for both when both go on, the %s first, and it is recorded',
    async (earlier) => {
      const { first, ...holders } = await fork(`forked-${earlier}`);
      const one = await client.renew(holders[earlier].refreshToken);
      const other = holders[earlier === 'victim' ? 'thief' : 'victim'];
      await expectReused(await client.refresh(other.refreshToken), first.refreshToken);
      for (const tokens of [first, holders.victim, holders.thief, one]) {
        expect(await client.use(tokens.accessToken)).toEqual(['UNAUTHENTICATED']);
      }
      expect((await client.refresh(one.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
      expect(
        await acme.db.auditRecord.count({
          where: { action: 'session.reuse', entityId: claimsOf(first.refreshToken).sid },
        }),
      ).toBe(1);
    },
  );

  it('ends when both go on at once', async () => {
    const { first, victim, thief } = await fork('forked-at-once');
    const { sid } = claimsOf(first.refreshToken);
    const turns = [victim, thief];
    const answers = await meetAtRow(sid, 2, () => client.refresh(turns.pop()?.refreshToken ?? ''));
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['UNAUTHENTICATED']);
    expect((await session(first.refreshToken)).revokedReason).toBe('reuse');
  });

  it('ends however long the victim has gone on, and however late the thief does', async () => {
    const { first, victim, thief } = await fork('forked-long');
    let newest = victim;
    for (let turn = 0; turn < 3; turn++) newest = await client.renew(newest.refreshToken);
    for (const { refreshToken } of [first, victim]) await age(refreshToken, 3_600);
    await expectReused(await client.refresh(thief.refreshToken), first.refreshToken);
    expect((await client.refresh(newest.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
  });

  it('ends when the victim has forked again on the way, and the first fork is gone on with', async () => {
    const { first, victim, thief } = await fork('forked-twice');
    await client.renew(victim.refreshToken);
    const kept = await client.renew(victim.refreshToken);
    await client.renew(kept.refreshToken);
    await expectReused(await client.refresh(thief.refreshToken), first.refreshToken);
  });

  it('ends when the fork of a fork is gone on with on both sides', async () => {
    const { first, thief } = await fork('fork-of-fork');
    const branches = [await client.renew(thief.refreshToken), await client.renew(thief.refreshToken)];
    expect((await client.refresh(branches[0]?.refreshToken ?? '')).errors).toEqual([]);
    await expectReused(await client.refresh(branches[1]?.refreshToken ?? ''), first.refreshToken);
  });

  it('ends although the sibling’s time was over a moment before', async () => {
    const { first, victim, thief } = await fork('forked-at-the-end');
    const next = await client.renew(victim.refreshToken);
    await acme.db.refreshToken.update({
      where: { id: claimsOf(victim.refreshToken).jti },
      data: { expiresAt: new Date(Date.now() - 60_000) },
    });
    await client.renew(next.refreshToken);
    await expectReused(await client.refresh(thief.refreshToken), first.refreshToken);
  });

  it('ends at the next refresh when both had gone on before forks were looked for', async () => {
    const { first, victim, thief } = await fork('forked-before');
    const next = await client.renew(victim.refreshToken);
    await acme.db.refreshToken.update({
      where: { id: claimsOf(thief.refreshToken).jti },
      data: { usedAt: new Date() },
    });
    await expectReused(await client.refresh(next.refreshToken), first.refreshToken);
  });

  it('ends for a manager too', async () => {
    const first = await fleet.signInManager('forked');
    const [one, other] = [await client.renew(first.refreshToken), await client.renew(first.refreshToken)];
    await client.renew(one.refreshToken);
    expect((await client.refresh(other.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    const { sid } = claimsOf(first.refreshToken);
    const { central } = fleet.tools;
    expect(await central.managerSession.findUniqueOrThrow({ where: { id: sid } })).toMatchObject({
      revokedReason: 'reuse',
    });
    expect(
      await central.auditRecord.findMany({ where: { entityId: sid, action: 'session.reuse' } }),
    ).toHaveLength(1);
  });
});

describe('a refresh that meets a change of its user', () => {
  let adminToken: string;

  beforeAll(async () => {
    ({ accessToken: adminToken } = await fleet.signIn('acme01'));
  });

  it.each([
    [
      'deactivation',
      'mutation ($id: ID!) { change: updateUser(userId: $id, input: { isActive: false }) { uuid } }',
    ],
    ['deletion', 'mutation ($id: ID!) { change: deleteUser(userId: $id) { success } }'],
  ])('leaves nothing alive after a %s', async (what, document) => {
    const { userId, refreshToken, accessToken } = await begin(`racing-${what}`);
    // The change waits for the row with its lock on the identity; the refresh overtakes it.
    const lock = await lockUser(acme, userId);
    const change = fleet.graphql(document, { token: adminToken, variables: { id: userId } });
    await lock.waiters(1);
    const overtaking = await client.renew(refreshToken);
    await lock.release();
    expect((await change).errors).toEqual([]);
    for (const token of [accessToken, overtaking.accessToken]) {
      expect(await client.use(token)).toEqual(['UNAUTHENTICATED']);
    }
    expect((await client.refresh(overtaking.refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await session(refreshToken)).revokedReason).toBe('account');
  });

  it('gives no right that a change of role takes away at the same time', async () => {
    const { userId, refreshToken } = await begin('demoted');
    await acme.db.user.update({ where: { id: userId }, data: { roleId: await administratorRoleId(acme) } });
    const lock = await lockUser(acme, userId);
    const change = fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { roleId: null }) { uuid } }',
      { token: adminToken, variables: { id: userId } },
    );
    await lock.waiters(1);
    const overtaking = await client.renew(refreshToken);
    expect(decodeJwt(overtaking.accessToken)).toMatchObject({ role: 'tenant_admin' });
    await lock.release();
    expect((await change).errors).toEqual([]);
    const { codes } = await fleet.graphql('{ users { edges { cursor } } }', {
      token: overtaking.accessToken,
    });
    expect(codes).toEqual(['FORBIDDEN']);
  });
});

/** Starts the work `times` at once, while the session's row is locked until `waiters` statements wait for it. */
async function meetAtRow<T>(sessionId: string, waiters: number, work: () => Promise<T>, times = waiters) {
  const lock = await lockSession(acme, sessionId);
  const started = Array.from({ length: times }, work);
  const results = Promise.all(started);
  await lock.waiters(waiters).finally(() => lock.release());
  return results;
}
