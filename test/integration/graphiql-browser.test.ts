import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { describeWithBrowser } from '../support/browser.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { addUser } from '../support/session-client.ts';

/** The machine may be busy. */
const poll = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });

/** A request as the server got it. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly hasToken: boolean;
  /** The announced length of the answer's body; -1 if it is unknown. */
  readonly bytes: number;
}

describeWithBrowser('GraphiQL in a browser', (browser) => {
  let fleet: TestFleet;
  let acme: TestTenant;
  let api: ListeningServer;
  let context: BrowserContext;
  let page: Page;
  let seen: SeenRequest[];
  let complaints: string[];

  beforeAll(async () => {
    fleet = await createTestFleet();
    acme = await fleet.provision('acme01', { companyName: 'ACME Corporation' });
    await addUser(acme, 'john', { fullName: 'John Doe' });
    await fleet.signInManager('operator');
    // Everything takes the ordinary path, where the test can observe it.
    api = await listen(
      {
        async fetch(request, address) {
          const response = await fleet.app.fetch(request, address);
          seen.push({
            method: request.method,
            path: new URL(request.url).pathname,
            hasToken: request.headers.has('authorization'),
            bytes: Number(response.headers.get('content-length') ?? -1),
          });
          return response;
        },
      },
      '127.0.0.1',
      0,
    );
  });
  afterAll(async () => {
    await api.close();
    await fleet.close();
  });
  beforeEach(async () => {
    seen = [];
    complaints = [];
    context = await browser().newContext({ locale: 'en-US' });
    page = await context.newPage();
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(() => context.close());

  async function open(by = page, path = '/graphql'): Promise<void> {
    await by.goto(`http://localhost:${api.port}${path}`);
    await isReady(by);
  }
  /** The editor is there, and who is signed in is known. */
  async function isReady(by = page): Promise<void> {
    await by.locator('.graphiql-query-editor .view-line').first().waitFor();
    await by.locator('#sign-in:not([hidden]), #sign-out:not([hidden])').waitFor();
  }
  async function signIn(tenantKey: string, username: string, password = testPassword): Promise<void> {
    await page.fill('#tenantKey', tenantKey);
    await page.fill('#username', username);
    await page.fill('#password', password);
    await page.click('#sign-in button');
  }
  const reads = (text: string | RegExp, id: string, by = page) =>
    by.locator(`#${id}`).filter({ hasText: text }).waitFor();
  const tabs = () => page.locator('.graphiql-tab-button').allTextContents();
  const files = () => seen.filter(({ path }) => path.startsWith('/graphiql/'));

  it('signs in, asks with the token, stays signed in after a reload, and signs out', async () => {
    await open();
    expect(await tabs()).toEqual(['Viewer', 'Users', 'Deals', 'CreateBranch']);
    await signIn('acme01', 'admin');
    await reads('Administrator (admin) · ACME Corporation (acme01)', 'identity');
    await page.click('.graphiql-execute-button');
    await page.locator('.result-window').filter({ hasText: '"companyName": "ACME Corporation"' }).waitFor();

    seen = [];
    await page.reload();
    await reads('Administrator (admin) · ACME Corporation (acme01)', 'identity');
    await isReady();
    expect(await tabs()).toEqual(['Viewer', 'Users', 'Deals', 'CreateBranch']);
    // The refresh goes by the cookie alone; who is asking, and what the schema is, by the token.
    await poll(() => seen.filter(({ method }) => method === 'POST').map(({ hasToken }) => hasToken)).toEqual([
      false,
      true,
      true,
    ]);

    await page.click('#sign-out');
    await page.locator('#sign-in').waitFor();
    expect((await context.cookies()).filter(({ name }) => name.includes('refresh'))).toEqual([]);
    await page.reload();
    await page.locator('#sign-in').waitFor();
    expect(await page.inputValue('#tenantKey')).toBe('acme01');
    expect(complaints).toEqual([]);
  });

  it('loads its files once: a second visit transfers only the page', async () => {
    await open();
    // The workers begin when the editor is first used.
    await poll(() => new Set(files().map(({ path }) => path)).size).toBe(8);
    seen = [];
    const visit = await context.newPage();
    await open(visit);
    await poll(() => visit.workers().length).toBeGreaterThanOrEqual(3);
    expect(files()).toEqual([]);
    const [loaded, ...others] = seen.filter(({ method }) => method === 'GET');
    expect(others).toEqual([]);
    expect(loaded?.path).toBe('/graphql');
    expect(loaded?.bytes).toBeLessThan(4_000);
  });

  it('says in a sentence why a sign-in was refused, and lets a one-time password be replaced', async () => {
    await addUser(acme, 'novice', { fullName: 'Novice', mustChangePassword: true });
    await open();
    await signIn('acme01', 'novice', 'Wrong-1!');
    await reads('Sign-in failed. Check the tenant', 'problem');
    expect(await page.isVisible('#newPassword')).toBe(false);
    await signIn('acme01', 'novice');
    await reads('This password can be used only once. Choose a new one.', 'problem');
    await page.fill('#newPassword', 'Fresh-Passw0rd!');
    await page.click('#sign-in > button');
    await reads('Novice (novice)', 'identity');
  });

  it('keeps neither password nor token where another page would find it', async () => {
    await open();
    await signIn('acme01', 'admin');
    await reads('Administrator', 'identity');
    await page.click('.graphiql-execute-button');
    await page.locator('.result-window').filter({ hasText: '"data"' }).waitFor();
    const stored = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])',
    );
    expect(stored).toContain('acme01');
    expect(stored).not.toMatch(/eyJ|Password123/);
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await page.locator('#password').inputValue()).toBe('');
  });

  it('opens examples again that were closed', async () => {
    await open();
    await page.locator('.graphiql-tab-close').first().click();
    await poll(tabs).toEqual(['Users', 'Deals', 'CreateBranch']);
    await Promise.all([page.waitForEvent('load'), page.click('#examples')]);
    await isReady();
    expect(await tabs()).toEqual(['Users', 'Deals', 'CreateBranch', 'Viewer']);
  });

  it('keeps two tabs signed in that are loaded at once, until one of them signs out', async () => {
    await open();
    await signIn('acme01', 'admin');
    await reads('Administrator', 'identity');
    const other = await context.newPage();
    await Promise.all([page.reload(), open(other, '/graphql?tenant=acme01')]);
    for (const tab of [page, other]) await reads('Administrator', 'identity', tab);
    await other.click('#sign-out');
    await other.locator('#sign-in').waitFor();
    await page.click('.graphiql-execute-button');
    await page.locator('#sign-in').waitFor();
    await reads('This session has ended. Sign in again.', 'problem');
  });

  it('signs a manager in, who names no tenant', async () => {
    await open();
    await signIn('', 'operator');
    await reads('(operator) · Platform manager', 'identity');
    await page.reload();
    await reads('(operator) · Platform manager', 'identity');
  });
});
