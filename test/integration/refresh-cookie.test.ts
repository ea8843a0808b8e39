import { parseSetCookie, type SetCookie } from 'cookie';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { fetchOf, served } from '../support/request-paths.ts';
import {
  addUser,
  createSessionClient,
  type LoginInput,
  type SessionClient,
} from '../support/session-client.ts';
import { refreshClaims, secondsFromNow, signToken } from '../support/tokens.ts';

const spa = 'https://app.example.com';

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;

beforeAll(async () => {
  fleet = await createTestFleet({ ALLOWED_ORIGINS: `${spa},https://other.example.com` });
  acme = await fleet.provision('acme01');
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

const cookieName = '__Secure-cxg_refresh_acme01';

/** The refresh cookie that an answer sets; undefined when it sets none. */
function cookieOf({ headers }: ClientAnswer): SetCookie | undefined {
  // A sign-in also sets one for the device.
  const lines = headers.getSetCookie().filter((line) => !line.startsWith('__Secure-cxg_device_'));
  expect(lines.length).toBeLessThanOrEqual(1);
  const cookie = lines[0] === undefined ? undefined : parseSetCookie(lines[0]);
  if (cookie) expect(cookie.name).toBe(cookieName);
  return cookie;
}

const tokenIn = (answer: ClientAnswer): string => cookieOf(answer)?.value ?? '';
const page = (origin: string | null, cookie?: string) => ({
  headers: {
    ...(origin === null ? {} : { origin }),
    ...(cookie === undefined ? {} : { cookie: `${cookieName}=${cookie}` }),
  },
});

const signIn = async (username: string, input: LoginInput = {}) => {
  const answer = await client.login({ username, useCookie: true, ...input }, page(spa));
  expect(answer.errors).toEqual([]);
  return answer;
};

const expectRefused = ({ data, codes }: ClientAnswer, code: string) =>
  expect({ data: Object.values(data), codes }).toEqual({ data: [null], codes: [code] });

const sessionsOf = (userId: string) => acme.db.session.findMany({ where: { userId } });
const claims = (token: string) => z.object({ exp: z.int(), sid: z.uuid() }).parse(decodeJwt(token));

describe('the refresh cookie', () => {
  it('is kept from scripts, from other sites, from plain HTTP and from other paths, until the token expires', async () => {
    await addUser(acme, 'careful');
    const answer = await signIn('careful');
    const cookie = cookieOf(answer);
    expect(cookie).toEqual({
      name: cookieName,
      value: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      path: '/graphql',
      expires: new Date(claims(tokenIn(answer)).exp * 1_000),
    });
  });

  it('keeps the refresh token out of the body', async () => {
    await addUser(acme, 'bodyless');
    const answer = await signIn('bodyless');
    expect(answer.data.login).toMatchObject({ refreshToken: null, user: { username: 'bodyless' } });
    expect(JSON.stringify(answer.data)).not.toContain(tokenIn(answer));
    const refreshed = await client.refresh(null, page(spa, tokenIn(answer)));
    expect(refreshed.data.refreshToken.refreshToken).toBeNull();
    expect(JSON.stringify(refreshed.data)).not.toContain(tokenIn(refreshed));
  });

  it('is set only when it is asked for', async () => {
    await addUser(acme, 'classic');
    const answer = await client.login({ username: 'classic' }, page(spa));
    expect(cookieOf(answer)).toBeUndefined();
    const refreshed = await client.refresh(answer.data.login.refreshToken, page(spa));
    expect(cookieOf(refreshed)).toBeUndefined();
    expect(refreshed.data.refreshToken.refreshToken).toMatch(/\./);
  });

  it.each([
    ['another site', 'https://evil.example.net'],
    ['no origin', null],
    ['the origin null, as a sandboxed frame has', 'null'],
    ['an allowed host on another port', `${spa}:444`],
    ['an allowed host without TLS', 'http://app.example.com'],
    ['an origin that begins like an allowed one', `${spa}.evil.example.net`],
  ])('is refused to %s, and nothing is begun, changed or ended', async (what, origin) => {
    const username = `site-${what.replaceAll(/[^a-z]/g, '').slice(0, 30)}`;
    const userId = await addUser(acme, username);
    const login = await client.login(
      { username, useCookie: true, newPassword: 'New-Password9!' },
      page(origin),
    );
    expectRefused(login, 'FORBIDDEN');
    expect(cookieOf(login)).toBeUndefined();
    expect(await sessionsOf(userId)).toEqual([]);

    const own = await signIn(username);
    const before = [await sessionsOf(userId), await acme.db.refreshToken.count()];
    const token = tokenIn(own);
    for (const answer of [
      await client.refresh(null, page(origin, token)),
      await client.logout(page(origin, token)),
      await client.changePassword(testPassword, 'New-Password9!', {
        token: own.data.login.accessToken,
        ...page(origin, token),
      }),
    ]) {
      expectRefused(answer, 'FORBIDDEN');
      expect(cookieOf(answer)).toBeUndefined();
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect([await sessionsOf(userId), await acme.db.refreshToken.count()]).toEqual(before);
    expect((await client.refresh(null, page(spa, token))).errors).toEqual([]);
  });

  it('serves pages of the API’s own origin, such as GraphiQL', async () => {
    await addUser(acme, 'graphiql');
    const own = { headers: { origin: 'http://api.test', 'sec-fetch-site': 'same-origin' } };
    const answer = await client.login({ username: 'graphiql', useCookie: true }, own);
    expect(answer.errors).toEqual([]);
    expect(tokenIn(answer)).not.toBe('');
  });

  it('rotates with every refresh', async () => {
    await addUser(acme, 'rotating');
    const first = await signIn('rotating');
    const second = await client.refresh(null, page(spa, tokenIn(first)));
    const third = await client.refresh(null, page('https://other.example.com', tokenIn(second)));
    expect(third.errors).toEqual([]);
    expect(new Set([first, second, third].map(tokenIn)).size).toBe(3);
    const reused = await client.refresh(null, page(spa, tokenIn(first)));
    expectRefused(reused, 'UNAUTHENTICATED');
    expect(cookieOf(reused)).toMatchObject({ value: '', maxAge: 0 });
    expectRefused(await client.refresh(null, page(spa, tokenIn(third))), 'UNAUTHENTICATED');
  });

  it('is less than a token that is passed as an argument', async () => {
    await addUser(acme, 'twomodes');
    const cookie = tokenIn(await signIn('twomodes'));
    const { refreshToken } = await client.signIn('twomodes');
    const answer = await client.refresh(refreshToken, page(spa, cookie));
    expect(claims(answer.data.refreshToken.refreshToken).sid).toBe(claims(refreshToken).sid);
    expect(cookieOf(answer)).toBeUndefined();
    const refused = await client.refresh('garbage', page(spa, cookie));
    expectRefused(refused, 'UNAUTHENTICATED');
    expect(cookieOf(refused)).toBeUndefined();
  });

  it.each([
    ['an access token', true],
    ['the cookie alone', false],
  ])('is cleared by a sign-out with %s, which ends its session', async (what, withToken) => {
    const username = `leaver${what.length}`;
    await addUser(acme, username);
    const answer = await signIn(username);
    const { accessToken } = answer.data.login;
    const signedOut = await client.logout({
      ...(withToken ? { token: accessToken } : {}),
      ...page(spa, tokenIn(answer)),
    });
    expect(signedOut.errors).toEqual([]);
    expect(cookieOf(signedOut)).toEqual({
      name: cookieName,
      value: '',
      maxAge: 0,
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      path: '/graphql',
    });
    expect(await client.use(accessToken)).toEqual(['UNAUTHENTICATED']);
    expectRefused(await client.refresh(null, page(spa, tokenIn(answer))), 'UNAUTHENTICATED');
  });

  it.each(['logoutEverywhere', 'revokeSession'])('is cleared by %s when its session ends', async (field) => {
    const username = `${field.toLowerCase()}r`;
    await addUser(acme, username);
    const answer = await signIn(username);
    const arguments_ = field === 'revokeSession' ? `(sessionId: "${claims(tokenIn(answer)).sid}")` : '';
    const ended = await fleet.graphql(`mutation { ${field}${arguments_} { success } }`, {
      token: answer.data.login.accessToken,
      ...page(spa, tokenIn(answer)),
    });
    expect(ended.errors).toEqual([]);
    expect(cookieOf(ended)).toMatchObject({ value: '', maxAge: 0 });
  });

  it('stays the place of the refresh token when the password changes', async () => {
    await addUser(acme, 'changing');
    const before = await signIn('changing');
    const changed = await client.changePassword(testPassword, 'New-Password9!', {
      token: before.data.login.accessToken,
      ...page(spa, tokenIn(before)),
    });
    expect(changed.errors).toEqual([]);
    expect(changed.data.changePassword.refreshToken).toBeNull();
    expectRefused(await client.refresh(null, page(spa, tokenIn(before))), 'UNAUTHENTICATED');
    expect((await client.refresh(null, page(spa, tokenIn(changed)))).errors).toEqual([]);

    await addUser(acme, 'cookieless');
    const { accessToken } = await client.signIn('cookieless');
    const plain = await client.changePassword(testPassword, 'New-Password9!', {
      token: accessToken,
      ...page(spa),
    });
    expect(plain.data.changePassword.refreshToken).toMatch(/\./);
    expect(cookieOf(plain)).toBeUndefined();
  });

  it('that is of no use any more is taken from the browser', async () => {
    const userId = await addUser(acme, 'stale');
    const answer = await signIn('stale');
    const expired = await signToken(
      { ...refreshClaims('acme01', userId), iat: secondsFromNow(-600), exp: secondsFromNow(-60) },
      fleet.secretKey,
    );
    await client.logout(page(spa, tokenIn(answer)));
    for (const [cookie, code] of [
      [tokenIn(answer), 'UNAUTHENTICATED'],
      [expired, 'TOKEN_EXPIRED'],
      ['garbage', 'UNAUTHENTICATED'],
    ] as const) {
      const refused = await client.refresh(null, page(spa, cookie));
      expectRefused(refused, code);
      expect(cookieOf(refused)).toMatchObject({ value: '', maxAge: 0 });
    }
    const signedOut = await client.logout(page(spa, 'garbage'));
    expect(cookieOf(signedOut)).toMatchObject({ value: '', maxAge: 0 });
  });

  it('is not set or cleared where there is none', async () => {
    const answer = await client.refresh(null, page(spa));
    expectRefused(answer, 'UNAUTHENTICATED');
    expect(cookieOf(answer)).toBeUndefined();
  });
});

describe('a hostile Cookie header', () => {
  it.each([
    ['an empty value', `${cookieName}=`],
    ['no value', cookieName],
    ['broken percent signs', `${cookieName}=%E0%A4%A; %; =; ;;`],
    ['another kind of token', `${cookieName}=a.b.c`],
    ['8 kB of garbage', `${cookieName}=${'x'.repeat(8_192)}`],
    ['1,000 cookies', Array.from({ length: 1_000 }, (_, index) => `c${index}=1`).join('; ')],
    ['the name of a prototype', '__proto__=1; constructor=2; toString=3'],
    ['the name in another case', `__secure-CXG_REFRESH_acme01=${'x'.repeat(20)}`],
  ])('with %s is refused like no token', async (_what, cookie) => {
    const answer = await client.refresh(null, { headers: { origin: spa, cookie } });
    expectRefused(answer, 'UNAUTHENTICATED');
    expect(answer.status).toBe(200);
  });

  it('that repeats the cookie uses the first, and ends no session over the second', async () => {
    await addUser(acme, 'doubled');
    const token = tokenIn(await signIn('doubled'));
    const twice = (first: string, second: string) => ({
      headers: { origin: spa, cookie: `${cookieName}=${first}; ${cookieName}=${second}` },
    });
    expectRefused(await client.refresh(null, twice('garbage', token)), 'UNAUTHENTICATED');
    expect((await client.refresh(null, twice(token, 'garbage'))).errors).toEqual([]);
  });

  it('does not keep anybody from signing in', async () => {
    await addUser(acme, 'resilient');
    const answer = await client.login({ username: 'resilient', useCookie: true }, page(spa, '%%%'));
    expect(answer.errors).toEqual([]);
    expect(tokenIn(answer)).not.toBe('');
  });

  describe('over a socket', () => {
    let server: ListeningServer;
    beforeAll(async () => {
      server = await listen(served(fleet.app), '127.0.0.1', 0);
    });
    afterAll(() => server.close());

    it('that is huge is refused by the server before it is read', async () => {
      const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: `${cookieName}=${'x'.repeat(100_000)}` },
        body: '{}',
      });
      expect(response.status).toBe(431);
      expect((await fetch(`http://127.0.0.1:${server.port}/health`)).status).toBe(200);
    });
  });
});

describe('pages of the allowed origins', () => {
  it('may send the cookie along, and read the answer', async () => {
    const preflight = await fetchOf(fleet.app)(
      new Request('http://api.test/graphql', {
        method: 'OPTIONS',
        headers: { origin: spa, 'access-control-request-method': 'POST' },
      }),
    );
    expect(preflight.headers.get('access-control-allow-origin')).toBe(spa);
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
    const foreign = await fetchOf(fleet.app)(
      new Request('http://api.test/graphql', {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example.net', 'access-control-request-method': 'POST' },
      }),
    );
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});
