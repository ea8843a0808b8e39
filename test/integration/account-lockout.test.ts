import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addUser, createSessionClient, type SessionClient } from '../support/session-client.ts';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet({ LOGIN_FAILURE_LIMIT: '3', LOGIN_LOCK_MINUTES: '10' });
  acme = await fleet.provision('acme01');
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

const fail = (username: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => client.login({ username, password: 'Wrong-1!' })));

/** The one source of all these attempts: without a network, their address is unknown. */
const ofSource = (accountId: string) => ({ accountId_source: { accountId, source: 'unknown' } });

/** The failures counted against the source; null when there are none. */
const counted = (id: string) =>
  acme.db.signInSource.findUnique({
    where: ofSource(id),
    select: { failures: true, lockCount: true, lockedUntil: true },
  });

async function lockedMinutes(id: string): Promise<number> {
  const row = await counted(id);
  return Math.round(((row?.lockedUntil?.getTime() ?? 0) - Date.now()) / 60_000);
}

/** Expires the lock. */
const wait = (id: string) =>
  acme.db.signInSource.update({
    where: ofSource(id),
    data: { lockedUntil: new Date(Date.now() - 1) },
  });

const addSource = (accountId: string, data: { failures?: number; lockCount: number }) =>
  acme.db.signInSource.create({ data: { accountId, source: 'unknown', lastFailureAt: new Date(), ...data } });

describe.concurrent('an account, to one source', () => {
  it('is locked twice as long each time in a row', async () => {
    const id = await addUser(acme, 'doubling');
    for (const minutes of [10, 20, 40]) {
      await fail('doubling', 3);
      expect(await lockedMinutes(id)).toBe(minutes);
      await wait(id);
    }
  });

  it.each([
    [6, 640],
    [7, 1_280],
    [8, 1_440],
    [60, 1_440],
    [2_000_000_000, 1_440],
  ])('after %i locks in a row is locked for %i minutes, a day at most', async (lockCount, minutes) => {
    const id = await addUser(acme, `often${lockCount}`);
    await addSource(id, { lockCount });
    await fail(`often${lockCount}`, 3);
    expect(await lockedMinutes(id)).toBe(minutes);
  });

  it('is not locked for longer by guesses while it is locked', async () => {
    const id = await addUser(acme, 'harassed');
    await fail('harassed', 3);
    const before = await counted(id);
    await fail('harassed', 10);
    expect(before).toMatchObject({ failures: 3, lockCount: 1 });
    expect(await counted(id)).toEqual(before);
  });

  it('begins anew after a sign-in', async () => {
    const id = await addUser(acme, 'returning', { lockCount: 5, failedLoginAttempts: 2 });
    await addSource(id, { lockCount: 5, failures: 2 });
    await client.signIn('returning');
    expect(await counted(id)).toBeNull();
    expect(await acme.db.user.findUniqueOrThrow({ where: { id } })).toMatchObject({
      failedLoginAttempts: 0,
      lockCount: 0,
    });
    await fail('returning', 3);
    expect(await lockedMinutes(id)).toBe(10);
  });

  it('that is locked is in the audit log, once for each lock, with nobody’s name', async () => {
    const id = await addUser(acme, 'recorded');
    await fail('recorded', 12);
    await wait(id);
    await fail('recorded', 12);
    const records = await acme.db.auditRecord.findMany({
      where: { action: 'account.lock', entityId: id },
      orderBy: { id: 'asc' },
    });
    expect(records).toMatchObject([
      { entityType: 'User', userId: null, username: null, changes: { lockCount: { before: 0, after: 1 } } },
      { entityType: 'User', userId: null, username: null, changes: { lockCount: { before: 1, after: 2 } } },
    ]);
  });

  it('that is locked goes on with the sessions that it has', async () => {
    await addUser(acme, 'working');
    const { accessToken, refreshToken } = await client.signIn('working');
    await fail('working', 3);
    expect(await client.use(accessToken)).toEqual([]);
    expect((await client.refresh(refreshToken)).errors).toEqual([]);
  });

  it('that is inactive is locked too, and its password is no way around', async () => {
    const id = await addUser(acme, 'inactive', { isActive: false });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => client.login({ username: 'inactive' })),
    );
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['INVALID_CREDENTIALS']));
    expect(await lockedMinutes(id)).toBe(10);
  });
});

describe('a refused sign-in', () => {
  it('does not tell why: bodies and headers are the same to the letter', async () => {
    await addUser(acme, 'locked', { lockedUntil: new Date(Date.now() + 600_000), lockCount: 1 });
    await addUser(acme, 'gone', { deletedAt: new Date() });
    await addUser(acme, 'asleep', { isActive: false });
    await addUser(acme, 'late', {
      mustChangePassword: true,
      passwordExpiresAt: new Date(Date.now() - 1_000),
    });
    await addUser(acme, 'present');
    const attempts = [
      { username: 'nobody' },
      { username: 'locked' },
      { username: 'locked', password: 'Wrong-1!' },
      { username: 'gone' },
      { username: 'asleep' },
      { username: 'late' },
      { username: 'present', password: 'Wrong-1!' },
      { username: 'present', password: 'Wrong-1!', newPassword: 'weak' },
      { tenantKey: 'nobody9', username: 'present' },
    ];
    const headers = { 'x-request-id': 'the-same', 'accept-language': 'ko' };
    const answers = await Promise.all(attempts.map((attempt) => client.login(attempt, { headers })));
    const seen = answers.map(({ status, headers: answered, data, errors }) =>
      JSON.stringify({ status, headers: [...answered], data, errors }),
    );
    expect(new Set(seen).size).toBe(1);
    expect(answers[0]?.codes).toEqual(['INVALID_CREDENTIALS']);
  });
});
