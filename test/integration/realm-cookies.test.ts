import { parseSetCookie } from 'cookie';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer } from '../support/graphql-client.ts';
import { createKeyFolder } from '../support/key-files.ts';
import { addUser } from '../support/session-client.ts';
import { refreshClaims, secondsFromNow, signToken } from '../support/tokens.ts';

const spa = 'https://app.example.com';
const managers = '__Secure-cxg_refresh-managers';
const cookieOf = (tenantKey: string) => `__Secure-cxg_refresh_${tenantKey}`;
/** The name of the one cookie that all realms once shared. */
const common = '__Secure-cxg_refresh';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet({ ALLOWED_ORIGINS: spa });
  [acme] = await Promise.all([fleet.provision('acme01'), fleet.provision('beta02')]);
  await fleet.signInManager('operator');
});
afterAll(() => fleet.close());

/** A browser's cookies, and the requests of the pages that share them. */
function openBrowser(graphql = fleet.graphql) {
  const jar = new Map<string, string>();
  /** Device cookies, which `nobody-locked-out` tests. */
  const devices = new Map<string, string>();
  let set: string[] = [];

  async function send(
    query: string,
    variables: Record<string, unknown>,
    token?: string,
  ): Promise<ClientAnswer> {
    const cookie = [...jar, ...devices].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { origin: spa, ...(cookie === '' ? {} : { cookie }) };
    const answer = await graphql(query, { variables, token, headers });
    const cookies = answer.headers.getSetCookie().map((line) => parseSetCookie(line));
    for (const { name, value } of cookies) {
      const kept = name.startsWith(common) ? jar : devices;
      if (value) kept.set(name, value);
      else kept.delete(name);
    }
    set = cookies.map(({ name }) => name).filter((name) => name.startsWith(common));
    return answer;
  }

  return {
    jar,
    devices,
    /** The bytes of the header that the browser sends. */
    bytes: () => [...jar, ...devices].reduce((sum, [name, value]) => sum + name.length + value.length + 3, 0),
    /** The names of the refresh cookies that the last answer set or cleared. */
    lastSet: () => set,
    send,
    async signIn(tenantKey: string | null, username = 'admin'): Promise<string> {
      const input = { tenantKey, username, password: testPassword, useCookie: true };
      const { data, errors } = await send(
        'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
        { input },
      );
      expect(errors).toEqual([]);
      return data.login.accessToken;
    },
    refresh: (variables: { tenantKey?: string | null; refreshToken?: string }, token?: string) =>
      send(
        `mutation ($refreshToken: String, $tenantKey: String) {
          refreshToken(refreshToken: $refreshToken, tenantKey: $tenantKey) { accessToken }
        }`,
        variables,
        token,
      ),
    signOut: (tenantKey: string | null, token?: string) =>
      send(
        'mutation ($tenantKey: String) { logout(tenantKey: $tenantKey) { success } }',
        { tenantKey },
        token,
      ),
  };
}

/** Returns the token with its time in the past. */
const expire = (token: string) =>
  signToken({ ...decodeJwt(token), iat: secondsFromNow(-1_000), exp: secondsFromNow(-100) }, fleet.secretKey);
const claimsOf = (token: unknown) =>
  z
    .object({
      sub: z.uuid(),
      sid: z.uuid(),
      jti: z.uuid(),
      tenant_key: z.string().nullable(),
    })
    .parse(decodeJwt(z.string().parse(token)));
const isServed = async (token: string) =>
  (await fleet.graphql('{ __typename me { username } }', { token })).codes;

/** Signs one user in at acme01 in one tab, and then another in a second tab of the same browser. */
async function overtaken(name: string) {
  const browser = openBrowser();
  await Promise.all([addUser(acme, `${name}-a`), addUser(acme, `${name}-b`)]);
  const first = await browser.signIn('acme01', `${name}-a`);
  const second = await browser.signIn('acme01', `${name}-b`);
  return { browser, first, second, cookie: browser.jar.get(cookieOf('acme01')) ?? '' };
}

describe('the sessions of one browser', () => {
  it('in two tenants and with the managers are refreshed side by side, each by its own cookie', async () => {
    const browser = openBrowser();
    const tokens = new Map([
      ['acme01', await browser.signIn('acme01')],
      ['beta02', await browser.signIn('beta02')],
      [null, await browser.signIn(null, 'operator')],
    ]);
    expect([...browser.jar.keys()]).toEqual([cookieOf('acme01'), cookieOf('beta02'), managers]);
    for (const [tenantKey, token] of tokens) {
      for (const sent of [await expire(token), token, undefined]) {
        const answer = await browser.refresh({ tenantKey }, sent);
        expect(answer.errors).toEqual([]);
        const renewed = claimsOf(answer.data.refreshToken.accessToken);
        expect(renewed).toMatchObject({ tenant_key: tenantKey, sid: claimsOf(token).sid });
        expect(browser.lastSet()).toEqual([tenantKey === null ? managers : cookieOf(tenantKey)]);
      }
    }
  });

  it.each([
    ['a tenant’s', 'beta02', 'acme01'],
    ['a manager’s', null, 'acme01'],
    ['a tenant’s, for the managers’', 'acme01', null],
  ])('are not mixed up by a page whose token is %s and that names another realm', async (_, own, named) => {
    const browser = openBrowser();
    const signIn = (key: string | null) => browser.signIn(key, key === null ? 'operator' : 'admin');
    const token = await signIn(own);
    const other = await signIn(named);
    const before = new Map(browser.jar);
    const expired = await expire(token);
    for (const attempt of [
      () => browser.refresh({ tenantKey: named }, expired),
      () => browser.refresh({ tenantKey: named }, token),
      () => browser.signOut(named, expired),
      // Without a tenant, a valid access token alone says which session is to end.
      ...(named === null ? [] : [() => browser.signOut(named, token)]),
    ]) {
      const { data, codes } = await attempt();
      expect({ data: Object.values(data), codes }).toEqual({ data: [null], codes: ['UNAUTHENTICATED'] });
      expect(browser.lastSet()).toEqual([]);
    }
    expect(browser.jar).toEqual(before);
    expect((await browser.refresh({ tenantKey: named }, await expire(other))).errors).toEqual([]);
  });

  it('are nobody’s without their realm: none named means the managers’', async () => {
    const browser = openBrowser();
    await browser.signIn('acme01');
    expect((await browser.refresh({})).codes).toEqual(['UNAUTHENTICATED']);
    expect((await browser.signOut(null)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await browser.refresh({ tenantKey: 'no such: tenant' })).codes).toEqual(['UNAUTHENTICATED']);
    expect(browser.lastSet()).toEqual([]);
    expect((await browser.refresh({ tenantKey: 'acme01' })).errors).toEqual([]);
  });

  it('stay when their tenant is suspended', async () => {
    const browser = openBrowser();
    const token = await browser.signIn('beta02');
    const suspend = async (suspended: boolean) => {
      await fleet.tools.central.tenant.update({
        where: { tenantKey: 'beta02' },
        data: { status: suspended ? 'suspended' : 'active', isActive: !suspended },
      });
      await fleet.tools.invalidate('beta02');
    };
    await suspend(true);
    try {
      const answer = await browser.refresh({ tenantKey: 'beta02' }, token);
      expect(answer.codes).toEqual(['TENANT_SUSPENDED']);
      expect(browser.lastSet()).toEqual([]);
    } finally {
      await suspend(false);
    }
    expect((await browser.refresh({ tenantKey: 'beta02' }, token)).errors).toEqual([]);
  });

  it('are not taken from a cookie that holds another realm’s token', async () => {
    const browser = openBrowser();
    await browser.signIn('beta02');
    browser.jar.set(cookieOf('acme01'), browser.jar.get(cookieOf('beta02')) ?? '');
    expect((await browser.refresh({ tenantKey: 'acme01' })).codes).toEqual(['UNAUTHENTICATED']);
    expect([...browser.jar.keys()]).toEqual([cookieOf('beta02')]);
    expect((await browser.refresh({ tenantKey: 'beta02' })).errors).toEqual([]);
  });
});

describe('a page whose cookie was replaced by somebody else of its tenant', () => {
  it('does not become them: its refresh is refused, and theirs goes on', async () => {
    const { browser, first, second, cookie } = await overtaken('refreshing');
    for (const sent of [await expire(first), first]) {
      const { data, codes } = await browser.refresh({ tenantKey: 'acme01' }, sent);
      expect({ data: Object.values(data), codes }).toEqual({ data: [null], codes: ['UNAUTHENTICATED'] });
      expect(browser.lastSet()).toEqual([]);
    }
    const stored = await acme.db.refreshToken.findUniqueOrThrow({ where: { id: claimsOf(cookie).jti } });
    expect(stored.usedAt).toBeNull();
    expect((await browser.refresh({ tenantKey: 'acme01' }, await expire(second))).errors).toEqual([]);
  });

  it('signs out of its own session only', async () => {
    const { browser, first, second } = await overtaken('leaving');
    expect((await browser.signOut('acme01', await expire(first))).codes).toEqual(['UNAUTHENTICATED']);
    expect(await isServed(first)).toEqual([]);
    expect((await browser.signOut('acme01', first)).errors).toEqual([]);
    expect(browser.lastSet()).toEqual([]);
    expect(await isServed(first)).toEqual(['UNAUTHENTICATED']);
    expect(await isServed(second)).toEqual([]);
    expect((await browser.refresh({ tenantKey: 'acme01' }, second)).errors).toEqual([]);
  });

  it.each(['logoutEverywhere', 'revokeSession'])('ends its own by %s only', async (field) => {
    const { browser, first, second } = await overtaken(field.toLowerCase());
    const argument = field === 'revokeSession' ? `(sessionId: "${claimsOf(first).sid}")` : '';
    expect((await browser.send(`mutation { ${field}${argument} { success } }`, {}, first)).errors).toEqual(
      [],
    );
    expect(browser.lastSet()).toEqual([]);
    expect((await browser.refresh({ tenantKey: 'acme01' }, second)).errors).toEqual([]);
  });

  it('leaves the cookie to them when it changes its password', async () => {
    const { browser, first, second } = await overtaken('changing');
    const input = { currentPassword: testPassword, newPassword: 'New-Password9!' };
    const { data } = await browser.send(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { refreshToken } }',
      { input },
      first,
    );
    expect(browser.lastSet()).toEqual([]);
    expect(claimsOf(data.changePassword.refreshToken).sub).toBe(claimsOf(first).sub);
    expect((await browser.refresh({ tenantKey: 'acme01' }, second)).errors).toEqual([]);
  });

  it('takes the cookie from the browser when it ends the session in it', async () => {
    const browser = openBrowser();
    await addUser(acme, 'two-sessions');
    const first = await browser.signIn('acme01', 'two-sessions');
    const second = await browser.signIn('acme01', 'two-sessions');
    const revoke = `mutation { revokeSession(sessionId: "${claimsOf(second).sid}") { success } }`;
    expect((await browser.send(revoke, {}, first)).errors).toEqual([]);
    expect([...browser.jar]).toEqual([]);
  });
});

describe('a refresh token that is passed as an argument', () => {
  it('is held against the tenant, when one is named', async () => {
    const browser = openBrowser();
    const { refreshToken } = await fleet.signIn('acme01');
    expect((await browser.refresh({ refreshToken, tenantKey: 'beta02' })).codes).toEqual(['UNAUTHENTICATED']);
    const [second, third] = [
      await browser.refresh({ refreshToken, tenantKey: 'acme01' }),
      await browser.refresh({ refreshToken }),
    ];
    expect([...second.errors, ...third.errors]).toEqual([]);
  });
});

describe('the cookie from before realms had their own', () => {
  it('is taken once by the realm of its token, and replaced', async () => {
    const browser = openBrowser();
    const token = await browser.signIn('beta02');
    const value = browser.jar.get(cookieOf('beta02')) ?? '';
    browser.jar.clear();
    browser.jar.set(common, value);
    for (const tenantKey of ['acme01', null]) {
      expect((await browser.refresh({ tenantKey })).codes).toEqual(['UNAUTHENTICATED']);
      expect(browser.lastSet()).toEqual([]);
    }
    const answer = await browser.refresh({ tenantKey: 'beta02' }, await expire(token));
    expect(claimsOf(answer.data.refreshToken.accessToken).sid).toBe(claimsOf(token).sid);
    expect([...browser.jar.keys()]).toEqual([cookieOf('beta02')]);
  });

  it('is taken from the browser by a sign-out of its session', async () => {
    const browser = openBrowser();
    const token = await browser.signIn('beta02');
    browser.jar.set(common, browser.jar.get(cookieOf('beta02')) ?? '');
    browser.jar.delete(cookieOf('beta02'));
    expect((await browser.signOut('beta02', token)).errors).toEqual([]);
    expect([...browser.jar]).toEqual([]);
  });
});

describe('a browser that has been at 40 tenants', () => {
  /** A refresh token of another tenant, last used that many seconds ago. */
  const tokenOf = (tenantKey: string, age: number, lifetime = 86_400) =>
    signToken(
      {
        ...refreshClaims(tenantKey, crypto.randomUUID()),
        iat: secondsFromNow(-age),
        exp: secondsFromNow(lifetime - age),
      },
      fleet.secretKey,
    );

  it.each(['sign-in', 'refresh'])('keeps the cookies of those used last at a %s', async (occasion) => {
    const browser = openBrowser();
    await browser.signIn('acme01');
    for (let index = 0; index < 40; index++) {
      browser.jar.set(cookieOf(`other${index}`), await tokenOf(`other${index}`, (index * 7) % 40));
    }
    browser.jar.set('theirs', '1');
    if (occasion === 'sign-in') await browser.signIn('acme01');
    else expect((await browser.refresh({ tenantKey: 'acme01' })).errors).toEqual([]);
    const others = browser.jar.size - 2;
    expect(others).toBeGreaterThan(4);
    const youngest = Array.from({ length: 40 }, (_, index) => index)
      .filter((index) => (index * 7) % 40 < others)
      .map((index) => cookieOf(`other${index}`));
    expect([...browser.jar.keys()].sort()).toEqual([cookieOf('acme01'), ...youngest, 'theirs'].sort());
    // nginx refuses a header of more than 8 kB, and other cookies need some of it.
    browser.devices.clear();
    expect(browser.bytes()).toBeLessThan(4_700);
  });

  /** Fills a jar with more than any proxy takes. */
  async function overfill({ jar, devices }: ReturnType<typeof openBrowser>): Promise<void> {
    for (let index = 0; index < 20; index++) {
      jar.set(cookieOf(`other${index}`), await tokenOf(`other${index}`, index + 1));
      devices.set(`__Secure-cxg_device_${index}`, 'x'.repeat(450));
    }
  }

  it.each([
    ['sign-in', (browser: ReturnType<typeof openBrowser>) => browser.signIn('acme01')],
    ['refresh', (browser) => browser.refresh({ tenantKey: 'acme01' })],
    [
      'refused refresh',
      (browser) => {
        browser.jar.set(cookieOf('acme01'), 'garbage');
        return browser.refresh({ tenantKey: 'acme01' });
      },
    ],
    ['sign-out', (browser) => browser.signOut('acme01')],
  ])('has a jar that fits into 8 kB, with slack for two more sign-ins, after a %s', async (_what, act) => {
    const browser = openBrowser();
    await browser.signIn('acme01');
    const own = browser.bytes();
    await overfill(browser);
    await act(browser);
    expect(browser.jar.size).toBeGreaterThan(3);
    expect(browser.devices.size).toBeGreaterThan(3);
    expect(browser.bytes() + 2 * own).toBeLessThan(8_192);
  });

  it.each([
    ['HS256', 0],
    ['EdDSA', 0],
    ['RS256', 2_048],
  ])('sends no more than 8 kB after three sign-ins at once, with %s (%i)', async (algorithm, bits) => {
    const keys = await createKeyFolder();
    try {
      const file = bits === 0 ? await keys.addEd25519('ed') : await keys.addRsa('rsa', bits);
      const signing =
        algorithm === 'HS256' ? {} : { ALGORITHM: algorithm, SIGNING_KEY_FILE: file.privateFile };
      const browser = openBrowser(fleet.startApp(signing).graphql);
      await overfill(browser);
      await browser.signIn('acme01');
      await addUser(acme, `at-once-${algorithm.toLowerCase()}-${bits}`);
      await Promise.all([
        browser.signIn('acme01', `at-once-${algorithm.toLowerCase()}-${bits}`),
        browser.signIn('beta02'),
        browser.signIn(null, 'operator'),
      ]);
      for (const name of [cookieOf('acme01'), cookieOf('beta02'), managers]) {
        expect(browser.jar.has(name)).toBe(true);
      }
      expect(browser.bytes()).toBeLessThan(8_192);
    } finally {
      await keys.remove();
    }
  });

  it('loses those that are of no use any more first', async () => {
    const browser = openBrowser();
    for (let index = 0; index < 5; index++) {
      browser.jar.set(cookieOf(`old${index}`), await tokenOf(`old${index}`, 1_000));
    }
    browser.jar.set(cookieOf('expired1'), await tokenOf('expired1', 100, 60));
    browser.jar.set(cookieOf('garbage1'), 'garbage');
    await browser.signIn('acme01');
    expect(browser.jar.size).toBe(6);
    expect(browser.lastSet().sort()).toEqual(['acme01', 'expired1', 'garbage1'].map(cookieOf));
  });
});

it('a manager’s token for a tenant is of the managers’ session, and refreshes nothing of the tenant’s', async () => {
  const browser = openBrowser();
  const manager = await browser.signIn(null, 'operator');
  await browser.signIn('beta02');
  const { data } = await browser.send(
    'mutation { enterTenant(tenantKey: "beta02", reason: "Support") { accessToken } }',
    {},
    manager,
  );
  const inTenant = await expire(data.enterTenant.accessToken);
  expect((await browser.refresh({ tenantKey: 'beta02' }, inTenant)).codes).toEqual(['UNAUTHENTICATED']);
  const answer = await browser.refresh({ tenantKey: null }, inTenant);
  expect(claimsOf(answer.data.refreshToken.accessToken)).toMatchObject({
    tenant_key: null,
    sid: claimsOf(manager).sid,
  });
  expect((await browser.refresh({ tenantKey: 'beta02' })).errors).toEqual([]);
});
