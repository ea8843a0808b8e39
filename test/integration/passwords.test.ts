import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { holdNextAnswer } from '../support/held-answers.ts';
import { lockUser } from '../support/row-locks.ts';
import {
  addUser,
  createSessionClient,
  type SessionClient,
  type SessionTokens,
} from '../support/session-client.ts';
import { readEveryRow } from '../support/snapshots.ts';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;
let admin: SessionTokens;
/** Of an application that does not lock: attempts in crowds would wait as soon as together they could reach a limit. */
let patient: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet({ LOGIN_FAILURE_LIMIT: '3', LOG_LEVEL: 'debug' });
  acme = await fleet.provision('acme01');
  client = createSessionClient(fleet.graphql);
  admin = await client.signIn('admin');
  patient = createSessionClient(fleet.startApp({ LOGIN_FAILURE_LIMIT: '100' }).graphql);
});
afterAll(() => fleet.close());

const ended = ['UNAUTHENTICATED'];
const newPassword = 'Brand-new-1!';

async function begin(username: string) {
  const userId = await addUser(acme, username);
  return { userId, ...(await client.signIn(username)) };
}

const change = ({ accessToken }: SessionTokens, from: string, to: string, by = client) =>
  by.changePassword(from, to, { token: accessToken });

function expectProblem({ data, codes, errors }: ClientAnswer, path: readonly string[], text: RegExp) {
  expect({ data: Object.values(data), codes }).toEqual({ data: [null], codes: ['VALIDATION_FAILED'] });
  expect(errors[0]?.extensions.fields).toContainEqual({
    path,
    message: expect.stringMatching(text),
    reason: expect.stringMatching(
      /^(TOO_WEAK|TOO_SHORT|TOO_LONG|INVALID_CHARACTERS|INCORRECT|RECENTLY_USED)$/,
    ),
  });
}

const openSessions = (userId: string) => acme.db.session.count({ where: { userId, revokedAt: null } });

describe('changePassword', () => {
  it('ends every old session, and begins a new one', async () => {
    const here = await begin('changing');
    const there = await client.signIn('changing');
    const { data, errors } = await change(here, testPassword, newPassword);
    expect(errors).toEqual([]);
    for (const { accessToken, refreshToken } of [here, there]) {
      expect(await client.use(accessToken)).toEqual(ended);
      expect((await client.refresh(refreshToken)).codes).toEqual(ended);
    }
    expect(data.changePassword.user.username).toBe('changing');
    expect(await client.use(data.changePassword.accessToken)).toEqual([]);
    expect((await client.refresh(data.changePassword.refreshToken)).errors).toEqual([]);
    expect((await client.login({ username: 'changing' })).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await client.login({ username: 'changing', password: newPassword })).errors).toEqual([]);
    expect(
      await acme.db.auditRecord.findMany({
        where: { action: 'account.change_password', entityId: here.userId },
      }),
    ).toMatchObject([{ entityType: 'User', username: 'changing', changes: {} }]);
  });

  it('takes a wrong current password for a failure of the session, and locks it after the limit', async () => {
    const { userId, ...tokens } = await begin('guessing');
    for (let turn = 1; turn <= 3; turn++) {
      expectProblem(
        await change(tokens, `Wrong-${turn}!`, newPassword),
        ['input', 'currentPassword'],
        /not your current/,
      );
    }
    expectProblem(
      await change(tokens, testPassword, newPassword),
      ['input', 'currentPassword'],
      /not your current/,
    );
    expect(
      await acme.db.auditRecord.findMany({ where: { action: 'account.lock', entityId: userId } }),
    ).toMatchObject([{ changes: { lockCount: { before: 0, after: 1 } } }]);
    expect(await client.use(tokens.accessToken)).toEqual([]);
  });

  it('does not let 20 guesses at once try more than the limit', async () => {
    const { userId, ...tokens } = await begin('parallelguess');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => change(tokens, 'Wrong-1!', newPassword)),
    );
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['VALIDATION_FAILED']));
    expect(await acme.db.signInSource.findMany({ where: { accountId: userId } })).toMatchObject([
      { failures: 3, lockCount: 1 },
    ]);
  });

  it('forgets failures when the current password is right', async () => {
    const { userId, ...tokens } = await begin('typing');
    await change(tokens, 'Wrong-1!', newPassword);
    expect(await acme.db.signInSource.count({ where: { accountId: userId } })).toBe(1);
    await change(tokens, testPassword, 'weak');
    expect(await acme.db.signInSource.count({ where: { accountId: userId } })).toBe(0);
  });

  it.each([
    ['a common one', 'P@ssw0rd', /too common/],
    ['a common one in another case', 'p@SSW0RD', /too common/],
    ['one without a symbol', 'Password123', /symbol/],
    ['one without a digit', 'Password!', /digit/],
    ['one in capitals', 'PASSWORD123!', /lower-case/],
    ['one in small letters', 'password123!', /upper-case/],
    ['a short one', 'Pa1!', /at least 8/],
    ['a long one', `Pa1!${'x'.repeat(125)}`, /at most 128/],
    ['the current one', testPassword, /used this password recently/],
  ])('refuses %s, and nothing ends', async (what, password, reason) => {
    const { userId, ...tokens } = await begin(
      `strict-${what.replaceAll(/\W/g, '').slice(0, 24).toLowerCase()}`,
    );
    expectProblem(await change(tokens, testPassword, password), ['input', 'newPassword'], reason);
    expect(await client.use(tokens.accessToken)).toEqual([]);
    expect(await openSessions(userId)).toBe(1);
  });

  it('takes none of the last 5 passwords again, and the one before them', async () => {
    let { userId, ...tokens } = await begin('nostalgic');
    const passwords = [testPassword, ...Array.from({ length: 5 }, (_, index) => `Next-pass-${index}!`)];
    for (const [index, next] of passwords.slice(1).entries()) {
      const { data, errors } = await change(tokens, passwords[index] ?? '', next);
      expect(errors).toEqual([]);
      tokens = data.changePassword;
    }
    const current = passwords.at(-1) ?? '';
    for (const used of passwords.slice(1)) {
      expectProblem(
        await change(tokens, current, used),
        ['input', 'newPassword'],
        /used this password recently/,
      );
    }
    expect(await acme.db.passwordHistory.count({ where: { userId } })).toBe(5);
    expect((await change(tokens, current, testPassword)).errors).toEqual([]);
  });

  it('takes a password that is longer than any for no password', async () => {
    const longest = `Pa1!${'x'.repeat(124)}`;
    const { accessToken } = await begin('longwinded');
    const { data } = await client.changePassword(testPassword, longest, { token: accessToken });
    expect((await client.login({ username: 'longwinded', password: longest })).errors).toEqual([]);
    expect((await client.login({ username: 'longwinded', password: `${longest}y` })).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
    expectProblem(
      await change(data.changePassword, `${longest}y`, newPassword),
      ['input', 'currentPassword'],
      /not your/,
    );
  });

  it('lets one of several changes at once through, and one session lives', async () => {
    const { userId, ...tokens } = await begin('hasty');
    const lock = await lockUser(acme, userId);
    const candidates = ['First-one-1!', 'Second-one-2!', 'Third-one-3!'];
    // Two of a tenant’s changes run at once: both hold the old hash while they wait for the user’s row.
    const changes = Promise.all(candidates.map((to) => change(tokens, testPassword, to, patient)));
    await lock.waiters(2).finally(() => lock.release());
    const answers = await changes;
    expect(answers.map(({ codes }) => codes[0] ?? 'done').sort()).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
      'done',
    ]);
    expect(await openSessions(userId)).toBe(1);
    const winner = answers.findIndex(({ codes }) => codes.length === 0);
    for (const [index, password] of candidates.entries()) {
      const { codes } = await patient.login({ username: 'hasty', password });
      expect(codes).toEqual(index === winner ? [] : ['INVALID_CREDENTIALS']);
    }
  });

  it('leaves no session alive that began with the old password at the same time', async () => {
    const { userId, ...tokens } = await begin('raced');
    const [changed, ...logins] = await Promise.all([
      change(tokens, testPassword, newPassword, patient),
      ...Array.from({ length: 8 }, () => patient.login({ username: 'raced' })),
    ]);
    expect(changed.errors).toEqual([]);
    for (const { data, codes } of logins) {
      if (data?.login) expect(await patient.use(data.login.accessToken)).toEqual(ended);
      else expect(codes).toEqual(['INVALID_CREDENTIALS']);
    }
    expect(await openSessions(userId)).toBe(1);
  });

  it('refuses a sign-in that has checked the old password and begins its session after the change', async () => {
    const { userId, ...tokens } = await begin('overtaken');
    // The hash that the sign-in compares with. While it waits for this answer, its session has not begun.
    const answer = holdNextAnswer('username, password_hash', 'overtaken');
    const login = client.login({ username: 'overtaken' });
    await answer.answered;
    const changed = await change(tokens, testPassword, newPassword);
    answer.release();
    expect(changed.errors).toEqual([]);
    expect((await login).codes).toEqual(['INVALID_CREDENTIALS']);
    expect(await openSessions(userId)).toBe(1);
    expect(await client.use(changed.data.changePassword.accessToken)).toEqual([]);
  });

  it('leaves the new password nowhere but in hashes', async () => {
    const { userId, ...tokens } = await begin('discreet');
    const secret = 'Nowhere-to-be-seen-7!';
    await change(tokens, testPassword, secret);
    await client.changePassword(secret, 'weak-secret', { token: tokens.accessToken });
    const { passwordHash } = await acme.db.user.findUniqueOrThrow({
      where: { id: userId },
      omit: { passwordHash: false },
    });
    const everything = `${(await readEveryRow(acme.db)).join('\n')}${fleet.log.join('\n')}`;
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain('weak-secret');
    expect(passwordHash).toMatch(/^\$argon2id\$/);
    const audit = await acme.db.auditRecord.findMany({ where: { entityId: userId } });
    expect(JSON.stringify(audit)).not.toContain('argon2');
  });
});

describe('login with a new password', () => {
  it('changes it on the way, and ends every older session', async () => {
    const { userId, ...before } = await begin('renewing');
    const { data, errors } = await client.login({ username: 'renewing', newPassword });
    expect(errors).toEqual([]);
    expect(await client.use(before.accessToken)).toEqual(ended);
    expect((await client.refresh(before.refreshToken)).codes).toEqual(ended);
    expect(await client.use(data.login.accessToken)).toEqual([]);
    expect(await openSessions(userId)).toBe(1);
    expect((await client.login({ username: 'renewing' })).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  it('says nothing of the new one to who does not know the old one', async () => {
    await addUser(acme, 'curious');
    const { codes } = await client.login({ username: 'curious', password: 'Wrong-1!', newPassword: 'weak' });
    expect(codes).toEqual(['INVALID_CREDENTIALS']);
  });
});

describe('resetPassword', () => {
  const resetSchema = z.object({ temporaryPassword: z.string(), expiresAt: z.coerce.date() });

  async function reset(userId: string) {
    const { data, errors } = await fleet.graphql(
      'mutation ($id: ID!) { resetPassword(userId: $id) { temporaryPassword expiresAt } }',
      { token: admin.accessToken, variables: { id: userId } },
    );
    expect(errors).toEqual([]);
    return resetSchema.parse(data.resetPassword);
  }

  it('gives a password for one sign-in, which has to bring a new one', async () => {
    const { userId, ...before } = await begin('forgetful');
    const { temporaryPassword: password } = await reset(userId);
    expect(await client.use(before.accessToken)).toEqual(ended);
    expect((await client.login({ username: 'forgetful' })).codes).toEqual(['INVALID_CREDENTIALS']);

    const first = await client.login({ username: 'forgetful', password });
    expect({ data: first.data, codes: first.codes }).toEqual({
      data: { login: null },
      codes: ['PASSWORD_CHANGE_REQUIRED'],
    });
    expect(await openSessions(userId)).toBe(0);

    const second = await client.login({ username: 'forgetful', password, newPassword });
    expect(second.errors).toEqual([]);
    expect(await client.use(second.data.login.accessToken)).toEqual([]);
    for (const attempt of [{ password }, { password, newPassword: 'Yet-another-1!' }]) {
      expect((await client.login({ username: 'forgetful', ...attempt })).codes).toEqual([
        'INVALID_CREDENTIALS',
      ]);
    }
    expect((await client.login({ username: 'forgetful', password: newPassword })).errors).toEqual([]);
    expect(decodeJwt(second.data.login.accessToken).sub).toBe(userId);
  });

  it('lets one of two sign-ins at once use it', async () => {
    const { userId } = await begin('disputed');
    const { temporaryPassword: password } = await reset(userId);
    const answers = await Promise.all(
      ['Mine-first-1!', 'No-mine-2!'].map((mine) =>
        client.login({ username: 'disputed', password, newPassword: mine }),
      ),
    );
    expect(answers.map(({ codes }) => codes[0] ?? 'done').sort()).toEqual(['INVALID_CREDENTIALS', 'done']);
    expect(await openSessions(userId)).toBe(1);
  });

  it('gives it for 72 hours', async () => {
    const { userId } = await begin('dawdling');
    const { temporaryPassword: password, expiresAt } = await reset(userId);
    expect(Math.abs(expiresAt.getTime() - Date.now() - 72 * 3_600_000)).toBeLessThan(60_000);
    await acme.db.user.update({
      where: { id: userId },
      data: { passwordExpiresAt: new Date(Date.now() - 1) },
    });
    for (const attempt of [{ password }, { password, newPassword }]) {
      expect((await client.login({ username: 'dawdling', ...attempt })).codes).toEqual([
        'INVALID_CREDENTIALS',
      ]);
    }
  });

  it('refuses a weak or recent new password, and keeps the one-time password valid', async () => {
    const { userId } = await begin('careless');
    const { temporaryPassword: password } = await reset(userId);
    const attempt = (next: string) => client.login({ username: 'careless', password, newPassword: next });
    const path = ['input', 'newPassword'];
    expectProblem(await attempt('P@ssw0rd'), path, /too common/);
    expectProblem(await attempt('weak'), path, /./);
    expectProblem(await attempt(testPassword), path, /used this password recently/);
    expectProblem(await attempt(password), path, /used this password recently/);
    expect(await openSessions(userId)).toBe(0);
    expect((await attempt(newPassword)).errors).toEqual([]);
  });

  it('unlocks the account', async () => {
    const { userId } = await begin('lockedout');
    await acme.db.user.update({
      where: { id: userId },
      data: { failedLoginAttempts: 3, lockCount: 4, lockedUntil: new Date(Date.now() + 3_600_000) },
    });
    const { temporaryPassword: password } = await reset(userId);
    expect((await client.login({ username: 'lockedout', password, newPassword })).errors).toEqual([]);
  });
});
