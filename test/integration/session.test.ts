import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { quickHash } from '../support/quick-hash.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet({ LOGIN_FAILURE_LIMIT: '3', LOGIN_LOCK_MINUTES: '10' });
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

const login = (input: { tenantKey?: string; username?: string; password?: string }, token?: string) =>
  fleet.graphql(
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken expiresIn user { username role { code permissions { code } } } } }',
    {
      token,
      variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword, ...input } },
    },
  );

const refresh = (refreshToken: string) =>
  fleet.graphql(
    'mutation ($token: String!) { refreshToken(refreshToken: $token) { accessToken user { username } } }',
    {
      variables: { token: refreshToken },
    },
  );

async function addUser(username: string, more: object = {}) {
  const passwordHash = await quickHash(testPassword);
  return acme.db.user.create({
    data: { username, email: `${username}@example.com`, fullName: username, passwordHash, ...more },
  });
}

describe('login', () => {
  it('answers tokens with the claims of the guide, and the user', async () => {
    const { data, errors } = await login({});
    expect(errors).toEqual([]);
    expect(data.login).toMatchObject({
      expiresIn: 900,
      user: { username: 'admin', role: { code: 'tenant_admin' } },
    });
    const key = new TextEncoder().encode(fleet.secretKey);
    const { payload, protectedHeader } = await jwtVerify(data.login.accessToken, key);
    expect(protectedHeader.alg).toBe('HS256');
    const admin = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    expect(payload).toMatchObject({
      sub: admin.id,
      tenant_key: 'acme01',
      role: 'tenant_admin',
      type: 'access',
    });
    expect(payload.permissions).toContain('users:delete');
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives a user without a role no permissions, and lets them read themselves', async () => {
    await addUser('roleless');
    const { accessToken } = await fleet.signIn('acme01', 'roleless');
    const { data, codes } = await fleet.graphql(
      '{ me { username role { name } } users { edges { cursor } } }',
      {
        token: accessToken,
      },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(data).toEqual({ me: { username: 'roleless', role: null }, users: null });
    const own = await fleet.graphql('{ me { username role { name } } }', { token: accessToken });
    expect(own.data.me).toEqual({ username: 'roleless', role: null });
  });

  it('takes the username in any case, and records the time', async () => {
    const before = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    expect((await login({ username: ' ADMIN ' })).errors).toEqual([]);
    const after = await acme.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    expect(after.lastLoginAt?.getTime() ?? 0).toBeGreaterThan(before.lastLoginAt?.getTime() ?? 0);
    expect(after.updatedAt).toEqual(before.updatedAt);
  });

  const refusals = {
    'unknown tenant': { tenantKey: 'nobody9' },
    'hostile tenant key': { tenantKey: `acme01'; DROP TABLE tenants; --` },
    'tenant key of 300 characters': { tenantKey: 'a'.repeat(300) },
    'unknown user': { username: 'nobody' },
    'username of 10,000 characters': { username: 'x'.repeat(10_000) },
    'username with a control character': { username: 'admin\u0007' },
    'wrong password': { password: 'Wrong123!' },
    'empty password': { password: '' },
    'password of 100,000 characters': { password: 'x'.repeat(100_000) },
  };

  it('refuses everything wrong with the same words', async () => {
    const answers = await Promise.all(Object.values(refusals).map((input) => login(input)));
    expect(new Set(answers.map(({ errors }) => JSON.stringify(errors))).size).toBe(1);
    expect(answers[0]?.codes).toEqual(['INVALID_CREDENTIALS']);
    await acme.db.signInSource.deleteMany();
  });

  it('refuses nothing sooner than its slowest refusal may take', async () => {
    const started = performance.now();
    await login(refusals['unknown tenant']);
    expect(performance.now() - started).toBeGreaterThanOrEqual(495);
  });

  it('does not let an inactive or deleted user in', async () => {
    await addUser('inactive', { isActive: false });
    await addUser('deleted', { deletedAt: new Date() });
    expect((await login({ username: 'inactive' })).codes).toEqual(['INVALID_CREDENTIALS']);
    expect((await login({ username: 'deleted' })).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  it('locks an account to a source after failures in a row, and unlocks it after a while', async () => {
    const { id: accountId } = await addUser('locked');
    await Promise.all(Array.from({ length: 3 }, () => login({ username: 'locked', password: 'Wrong123!' })));
    expect((await login({ username: 'locked' })).codes).toEqual(['INVALID_CREDENTIALS']);
    const { lockedUntil } = await acme.db.signInSource.findFirstOrThrow({ where: { accountId } });
    const minutes = ((lockedUntil?.getTime() ?? 0) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(9);
    expect(minutes).toBeLessThanOrEqual(10);
    await acme.db.signInSource.updateMany({
      where: { accountId },
      data: { lockedUntil: new Date(Date.now() - 1) },
    });
    expect((await login({ username: 'locked' })).errors).toEqual([]);
    expect(await acme.db.signInSource.count({ where: { accountId } })).toBe(0);
  });

  it('gives parallel guesses no more tries than the limit', async () => {
    const { id: accountId } = await addUser('guessed');
    const wrong = Array.from({ length: 20 }, () => login({ username: 'guessed', password: 'Wrong123!' }));
    await Promise.all(wrong);
    const row = await acme.db.signInSource.findFirstOrThrow({ where: { accountId } });
    expect(row.failures).toBe(3);
    expect(row.lockedUntil).not.toBeNull();
  });

  it('starts counting anew after a success', async () => {
    await addUser('forgetful');
    for (let turn = 0; turn < 3; turn++) {
      const wrong = { username: 'forgetful', password: 'Wrong123!' };
      await Promise.all([login(wrong), login(wrong)]);
      expect((await login({ username: 'forgetful' })).errors).toEqual([]);
    }
  });

  it('tells only who knows the password that the tenant is suspended', async () => {
    await fleet.provision('paused1');
    const { central, invalidate } = fleet.tools;
    await central.tenant.update({
      where: { tenantKey: 'paused1' },
      data: { status: 'suspended', isActive: false },
    });
    await invalidate('paused1');
    expect((await login({ tenantKey: 'paused1', password: 'Wrong123!' })).codes).toEqual([
      'INVALID_CREDENTIALS',
    ]);
    expect((await login({ tenantKey: 'paused1' })).codes).toEqual(['TENANT_SUSPENDED']);
  });

  it('works beside an access token that is no longer good', async () => {
    expect((await login({}, 'not.a.token')).errors).toEqual([]);
  });

  it('refuses to bring a request into a second tenant', async () => {
    const { data, codes } = await fleet.graphql(
      `mutation ($input: LoginInput!) { first: login(input: $input) { expiresIn } second: login(input: $input) { expiresIn } }`,
      { variables: { input: { tenantKey: 'acme01', username: 'admin', password: testPassword } } },
    );
    expect(data).toEqual({ first: { expiresIn: expect.any(Number) }, second: null });
    expect(codes).toEqual(['VALIDATION_FAILED']);
  });

  it('opens nothing to a request whose sign-in failed', async () => {
    const { id } = await addUser('bystander');
    const { codes } = await fleet.graphql(
      `mutation ($id: ID!) {
        login(input: { tenantKey: "acme01", username: "bystander", password: "Wrong123!" }) { expiresIn }
        deleteUser(userId: $id) { success }
      }`,
      { variables: { id } },
    );
    expect(codes).toContain('INVALID_CREDENTIALS');
    expect((await acme.db.user.findUniqueOrThrow({ where: { id } })).deletedAt).toBeNull();
  });
});

describe('refreshToken', () => {
  it('answers new tokens with the rights that the user has now', async () => {
    await addUser('promoted');
    const { refreshToken } = await fleet.signIn('acme01', 'promoted');
    const role = await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_admin' } });
    await acme.db.user.updateMany({ where: { username: 'promoted' }, data: { roleId: role.id } });
    const { data } = await refresh(refreshToken);
    expect(data.refreshToken.user.username).toBe('promoted');
    const list = await fleet.graphql('{ users { edges { cursor } } }', {
      token: data.refreshToken.accessToken,
    });
    expect(list.errors).toEqual([]);
  });

  it.each([{ isActive: false }, { deletedAt: new Date() }])(
    'refuses a user who is gone: %j',
    async (change) => {
      const username = `leaver${Object.keys(change)[0]?.toLowerCase()}`;
      const { id } = await addUser(username);
      const { refreshToken } = await fleet.signIn('acme01', username);
      await acme.db.user.update({ where: { id }, data: change });
      expect((await refresh(refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    },
  );

  it('refuses an access token, and garbage', async () => {
    const { accessToken } = await fleet.signIn('acme01');
    for (const token of [accessToken, '', 'garbage', 'a.b.c', 'x'.repeat(100_000)]) {
      expect((await refresh(token)).codes).toEqual(['UNAUTHENTICATED']);
    }
  });
});
