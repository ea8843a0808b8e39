import { decodeJwt } from 'jose';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { describeWithBrowser, foreignHost } from '../support/browser.ts';
import { documentedSession } from '../support/documented-session.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { type PageServer, servePage } from '../support/page-server.ts';
import { addUser } from '../support/session-client.ts';
import { readEveryRow } from '../support/snapshots.ts';
import { secondsFromNow, signToken } from '../support/tokens.ts';

/** A request as the API got it. */
interface SeenRequest {
  readonly method: string;
  readonly cookie: string | null;
  readonly status: number;
}

describeWithBrowser('a session in a browser', (browser) => {
  let fleet: TestFleet;
  let acme: TestTenant;
  let beta: TestTenant;
  let api: ListeningServer;
  /** The application; its pages are of an allowed origin. */
  let application: PageServer;
  /** Of the same site, and of no allowed origin. */
  let neighbour: PageServer;
  let context: BrowserContext;
  let page: Page;
  let users = 0;
  let username: string;
  let seen: SeenRequest[];
  /** The API's answers wait for it. */
  let gate = Promise.resolve();

  beforeAll(async () => {
    let script = '';
    application = await servePage(() => script);
    neighbour = await servePage(() => '');
    fleet = await createTestFleet({ ALLOWED_ORIGINS: `http://localhost:${application.port}` });
    [acme, beta] = await Promise.all([fleet.provision('acme01'), fleet.provision('beta02')]);
    await fleet.signInManager('operator');
    api = await listen(
      {
        async fetch(request, address) {
          const response = await fleet.app.fetch(request, address);
          await gate;
          const { method, headers, url } = request;
          // A browser also asks for the icon of what it shows.
          if (new URL(url).pathname === '/graphql')
            seen.push({ method, cookie: headers.get('cookie'), status: response.status });
          return response;
        },
        direct: {
          ...fleet.app.direct,
          answer(head, ...rest) {
            const answering = fleet.app.direct.answer(head, ...rest);
            if (!answering) return null;
            return answering.then(async (answer) => {
              await gate;
              const { method = '', headers } = head;
              seen.push({ method, cookie: headers.cookie ?? null, status: answer?.status ?? 0 });
              return answer;
            });
          },
        },
      },
      '127.0.0.1',
      0,
    );
    script = await documentedSession(apiUrl());
  });
  afterAll(async () => {
    await Promise.all([api.close(), application.close(), neighbour.close()]);
    await fleet.close();
  });
  beforeEach(async () => {
    seen = [];
    username = `surfer${++users}`;
    await addUser(acme, username);
    context = await browser().newContext();
    page = await context.newPage();
    await page.goto(`http://localhost:${application.port}/`);
  });
  afterEach(() => context.close());

  const apiUrl = () => `http://localhost:${api.port}/graphql`;

  const signIn = () =>
    page.evaluate(`signIn('acme01', ${JSON.stringify(username)}, ${JSON.stringify(testPassword)})`);
  const refresh = async (by = page) =>
    z
      .string()
      .nullable()
      .parse(await by.evaluate('refresh().then((error) => (error ? null : accessToken))'));
  const whoAmI = async () =>
    z
      .object({ data: z.object({ me: z.object({ username: z.string() }) }) })
      .parse(await page.evaluate("ask('{ me { username } }')")).data.me.username;
  /** The session's cookies; the one that identifies the device stays. */
  const sessionCookies = async () =>
    (await context.cookies(apiUrl())).filter(({ name }) => name.includes('refresh'));
  const cookies = async () => (await sessionCookies()).map(({ name }) => name);

  /** Expires the tab's access token. */
  const expire = async (tab: Page) => {
    const claims = decodeJwt(z.string().parse(await tab.evaluate('accessToken')));
    const past = { ...claims, iat: secondsFromNow(-1_000), exp: secondsFromNow(-100) };
    await tab.evaluate(`accessToken = ${JSON.stringify(await signToken(past, fleet.secretKey))}`);
  };

  it('is begun with a cookie that its pages cannot see', async () => {
    expect(await signIn()).toBeUndefined();
    expect(await whoAmI()).toBe(username);
    expect(await page.evaluate('document.cookie')).toBe('');
    const hidden = { httpOnly: true, secure: true, sameSite: 'Strict', path: '/graphql' };
    expect(await context.cookies(apiUrl())).toMatchObject([
      { name: '__Secure-cxg_refresh_acme01', ...hidden },
      { name: expect.stringMatching(/^__Secure-cxg_device_/), ...hidden },
    ]);
  });

  it('goes on silently after the page was loaded anew', async () => {
    await signIn();
    const [before] = await sessionCookies();
    await page.reload();
    expect(await page.evaluate('accessToken')).toBeNull();
    expect(await refresh()).toMatch(/^\S+\.\S+\.\S+$/);
    expect(await whoAmI()).toBe(username);
    const [after] = await sessionCookies();
    expect(after?.value).not.toBe(before?.value);
  });

  it('goes on in two tabs that are loaded at once', async () => {
    await signIn();
    const other = await context.newPage();
    await other.goto(page.url());
    await page.reload();
    const tokens = await Promise.all([refresh(), refresh(other)]);
    expect(tokens).toEqual([expect.any(String), expect.any(String)]);
    expect([await refresh(), await refresh(other)]).toEqual([expect.any(String), expect.any(String)]);
  });

  it('is refreshed by one tab for the others that are open', async () => {
    await signIn();
    const other = await context.newPage();
    await other.goto(page.url());
    await refresh(other);
    await Promise.all([expire(page), expire(other)]);
    const ofUser = { session: { user: { username } } };
    const before = await acme.db.refreshToken.count({ where: ofUser });

    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    onTestFinished(open);
    const first = refresh();
    await expect.poll(() => page.evaluate(locks('held'))).toBe(1);
    const second = refresh(other);
    await expect.poll(() => other.evaluate(locks('pending'))).toBe(1);
    open();
    expect(await first).toEqual(expect.any(String));
    expect(await second).toBe(await first);
    expect(await acme.db.refreshToken.count({ where: ofUser })).toBe(before + 1);
    expect(await whoAmI()).toBe(username);
  });

  it('ends with a sign-out, and then no refresh helps', async () => {
    await signIn();
    const [cookie] = await sessionCookies();
    await page.evaluate('signOut()');
    expect(await cookies()).toEqual([]);
    expect(await refresh()).toBeNull();
    // Nor does it to who has kept a copy.
    expect(cookie).toBeDefined();
    if (cookie) await context.addCookies([cookie]);
    expect(await cookies()).toHaveLength(1);
    expect(await refresh()).toBeNull();
    expect(await cookies()).toEqual([]);
  });

  it('is not begun for a wrong password', async () => {
    const refusal = await page.evaluate(`signIn('acme01', ${JSON.stringify(username)}, 'Wrong-1!')`);
    expect(refusal).toMatchObject({ extensions: { code: 'INVALID_CREDENTIALS' } });
    expect(await cookies()).toEqual([]);
  });

  describe('beside another in the same browser', () => {
    const open = async (tenantKey: string | null, name: string) => {
      const tab = await context.newPage();
      await tab.goto(`http://localhost:${application.port}/`);
      expect(
        await tab.evaluate(`signIn(${JSON.stringify([tenantKey, name, testPassword]).slice(1, -1)})`),
      ).toBe(undefined);
      return tab;
    };
    const ask = async (tab: Page, document: string) =>
      z
        .object({
          data: z.unknown().optional(),
          errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).default([]),
        })
        .parse(await tab.evaluate(`ask(${JSON.stringify(document)})`));
    const createBranch = (tab: Page, code: string) =>
      ask(
        tab,
        `mutation { createBranch(input: { code: "${code}", name: "Branch" }) { code createdBy { username } } }`,
      );
    const branches = async (code: string) =>
      Promise.all([acme, beta].map(({ db }) => db.branch.count({ where: { code } })));

    it('of another tenant makes a branch in the tenant of its own page, also when its token has expired', async () => {
      const inAcme = await open('acme01', 'admin');
      const inBeta = await open('beta02', 'admin');
      await expire(inAcme);
      expect((await createBranch(inAcme, 'SIDE_A')).errors).toEqual([]);
      expect(await branches('SIDE_A')).toEqual([1, 0]);
      for (const tab of [inAcme, inBeta]) {
        await tab.reload();
        expect(await refresh(tab)).toEqual(expect.any(String));
      }
      expect((await createBranch(inBeta, 'SIDE_B')).errors).toEqual([]);
      expect(await branches('SIDE_B')).toEqual([0, 1]);
    });

    it('of a manager goes on as what it is', async () => {
      const inAcme = await open('acme01', 'admin');
      const ofManager = await open(null, 'operator');
      for (const tab of [inAcme, ofManager]) await expire(tab);
      expect((await createBranch(inAcme, 'SIDE_C')).data).toEqual({
        createBranch: { code: 'SIDE_C', createdBy: { username: 'admin' } },
      });
      expect((await ask(ofManager, '{ currentManager { username } }')).data).toEqual({
        currentManager: { username: 'operator' },
      });
      expect((await ask(inAcme, '{ currentManager { username } }')).errors).not.toEqual([]);
    });

    it('of another user of the tenant is not taken over when the page’s own is replaced', async () => {
      await addUser(acme, `${username}-2`);
      const first = await open('acme01', 'admin');
      const second = await open('acme01', `${username}-2`);
      for (let turn = 0; turn < 2; turn++) {
        await expire(first);
        const { errors } = await createBranch(first, 'SIDE_D');
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
        expect(await refresh(first)).toBeNull();
      }
      expect(await branches('SIDE_D')).toEqual([0, 0]);
      await expire(second);
      expect((await ask(second, '{ me { username } }')).data).toEqual({
        me: { username: `${username}-2` },
      });
    });

    it('outlives a sign-out of the other', async () => {
      const inAcme = await open('acme01', 'admin');
      const inBeta = await open('beta02', 'admin');
      const ofManager = await open(null, 'operator');
      await inBeta.evaluate('signOut()');
      expect(await cookies()).toEqual(['__Secure-cxg_refresh_acme01', '__Secure-cxg_refresh-managers']);
      expect(await refresh(inBeta)).toBeNull();
      for (const tab of [inAcme, ofManager]) {
        await expire(tab);
        expect((await ask(tab, '{ sessions { isCurrent } }')).errors).toEqual([]);
      }
    });
  });

  /**
   * The attempts of a hostile page, the last of which leaves the page. Each resolves with the part of the answer that
   * scripts can see.
   */
  const attempts: readonly [string, (from: Page) => Promise<unknown>][] = [
    ['fetch', (from) => from.evaluate(fetchScript(apiUrl(), 'application/json', 'cors'))],
    [
      'a refresh by fetch as plain text, unread',
      (from) => from.evaluate(fetchScript(apiUrl(), 'text/plain', 'no-cors')),
    ],
    [
      'the address of an image',
      (from) =>
        from.evaluate(
          `new Promise((done) => {
            const image = new Image();
            image.onload = () => done('seen');
            image.onerror = () => done('nothing');
            image.src = ${JSON.stringify(`${apiUrl()}?query=${encodeURIComponent(refreshDocument)}`)};
          })`,
        ),
    ],
    ['a form, in a frame', (from) => from.evaluate(formScript(apiUrl(), 'frame'))],
    [
      'a form, instead of the page',
      async (from) => {
        await Promise.all([from.waitForURL(apiUrl()), from.evaluate(formScript(apiUrl(), '_self'))]);
        return 'nothing';
      },
    ],
  ];

  it.each([
    ['of another site', () => `http://127.0.0.1:${application.port}/`, false],
    ['of another host', () => `http://${foreignHost}:${application.port}/`, false],
    ['of another origin of the same site', () => `http://localhost:${neighbour.port}/`, true],
  ])('is safe from a page %s, whatever it tries', async (_what, address, sameSite) => {
    await signIn();
    const before = [await readEveryRow(acme.db), await context.cookies(apiUrl())];
    const hostile = await context.newPage();
    await hostile.goto(address());
    for (const [what, attempt] of attempts) {
      seen = [];
      expect(await attempt(hostile), what).toBe('nothing');
      // It has reached the API, and was refused there.
      await vi.waitFor(() => expect(seen, what).not.toEqual([]), { timeout: 5_000, interval: 10 });
      for (const { method, status, cookie } of seen) {
        if (method !== 'OPTIONS') expect(status, what).toBeOneOf([405, 415]);
        if (!sameSite) expect(cookie, what).toBeNull();
      }
      expect([await readEveryRow(acme.db), await context.cookies(apiUrl())], what).toEqual(before);
    }
    expect(await refresh()).toEqual(expect.any(String));
  });
});

/** Counts the locks that the browser's tabs hold or wait for. */
const locks = (state: 'held' | 'pending') =>
  `navigator.locks.query().then(({ ${state} }) => ${state}.length)`;

const refreshDocument = 'mutation { refreshToken { accessToken } }';

/** Asks with the browser's cookies, and resolves with the text of the answer, or with `nothing`. */
function fetchScript(api: string, type: string, mode: 'cors' | 'no-cors'): string {
  const options = {
    method: 'POST',
    mode,
    credentials: 'include',
    headers: { 'content-type': type },
    body: JSON.stringify({ query: refreshDocument }),
  };
  return `fetch(${JSON.stringify(api)}, ${JSON.stringify(options)})
    .then((response) => response.text())
    .then((text) => text || 'nothing', () => 'nothing')`;
}

/** Posts JSON in the disguise of plain text, as forms can, and resolves with what the page sees in the frame. */
function formScript(api: string, target: 'frame' | '_self'): string {
  const name = `{"query":${JSON.stringify(refreshDocument)},"x":"`;
  return `new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.name = 'frame';
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, {
      action: ${JSON.stringify(api)}, method: 'post', enctype: 'text/plain', target: '${target}',
    });
    const input = document.createElement('input');
    Object.assign(input, { type: 'hidden', name: ${JSON.stringify(name)}, value: '"}' });
    form.append(input);
    document.body.append(form);
    frame.onload = () => {
      try {
        done(frame.contentDocument?.body.textContent || 'nothing');
      } catch {
        done('nothing');
      }
    };
    form.submit();
    if ('${target}' === '_self') done('gone');
  })`;
}
