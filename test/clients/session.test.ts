import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { documentedSession } from '../support/documented-session.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { fetchOf } from '../support/request-paths.ts';
import { addUser } from '../support/session-client.ts';
import { secondsFromNow, signToken } from '../support/tokens.ts';
import { type BrowserTab, openTab } from './browser-tab.ts';

let fleet: TestFleet;
let acme: TestTenant;
let server: DatabaseServer;
let script: string;
let users = 0;
let username: string;
let tab: BrowserTab;
/** The network's responses to the next requests; without any, requests reach the application. */
let failures: (() => Response)[];
/** Called while the page waits. */
let meanwhile: () => Promise<void>;

beforeAll(async () => {
  fleet = await createTestFleet({
    ALLOWED_ORIGINS: 'https://app.example.com',
    SESSION_CACHE_TTL: '1',
    TENANT_DIRECTORY_CACHE_TTL: '1',
  });
  acme = await fleet.provision('acme01');
  await fleet.provision('beta02');
  server = connectToDatabaseServer();
  script = await documentedSession('https://api.example.com/graphql');
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});
beforeEach(async () => {
  username = `surfer${++users}`;
  await addUser(acme, username);
  failures = [];
  meanwhile = async () => {};
  tab = openPage();
});

const openPage = () =>
  openTab(
    script,
    async (request) => failures.shift()?.() ?? fetchOf(fleet.app)(request),
    () => meanwhile(),
  );
const noNetwork = () => {
  throw new TypeError('Failed to fetch');
};
const proxyAnswers = (status: number, headers?: Record<string, string>) => () =>
  new Response('<h1>Bad gateway</h1>', { status, headers: { 'content-type': 'text/html', ...headers } });

/** Signs in; resolves with the code of the error, if any. */
const signIn = async (...input: (string | null)[]) =>
  codeOf(await tab.evaluate(`signIn(${JSON.stringify(input).slice(1, -1)})`));
const errorSchema = z.object({ extensions: z.object({ code: z.string() }) });
const codeOf = (error: unknown) => errorSchema.optional().parse(error)?.extensions.code;
const answerSchema = z.object({
  data: z.object({ me: z.object({ username: z.string() }).nullable() }).nullish(),
  errors: z.array(errorSchema).default([]),
});
/** Returns the user that the page's requests come from, or the error code. */
async function whoAmI(): Promise<string | undefined> {
  const { data, errors } = answerSchema.parse(await tab.evaluate("ask('{ me { username } }')"));
  return data?.me?.username ?? codeOf(errors[0]);
}
const resume = async () => codeOf(await tab.evaluate('resume()'));
/** Loads the page anew: nothing but the cookies and the address stays. */
const forget = () => tab.evaluate('accessToken = sessionId = null');
async function expire(): Promise<void> {
  const claims = decodeJwt(z.string().parse(await tab.evaluate('accessToken')));
  const past = { ...claims, iat: secondsFromNow(-1_000), exp: secondsFromNow(-100) };
  await tab.evaluate(`accessToken = ${JSON.stringify(await signToken(past, fleet.secretKey))}`);
}

describe('the code about sessions in docs/clients.md', () => {
  beforeEach(async () => {
    expect(await signIn('acme01', username, testPassword)).toBeUndefined();
  });

  it.each([
    ['there is no network', [noNetwork, noNetwork, noNetwork], [1, 2, 4]],
    ['a proxy answers in its place', [proxyAnswers(502), proxyAnswers(503)], [1, 2]],
    ['it is told how long to wait', [proxyAnswers(503, { 'retry-after': '7' }), noNetwork], [7, 2]],
  ])('goes on with the session of a loaded page when %s', async (_when, outage, pauses) => {
    await forget();
    failures = outage;
    expect(await resume()).toBeUndefined();
    expect(tab.pauses).toEqual(pauses);
    expect(await whoAmI()).toBe(username);
  });

  it('never waits for more than half a minute by itself', async () => {
    await forget();
    failures = Array.from({ length: 8 }, () => noNetwork);
    expect(await resume()).toBeUndefined();
    expect(tab.pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('goes on when the tenant’s database is back', async () => {
    const { dbName } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'acme01' } });
    const back = () => server.run(`ALTER DATABASE ${dbName} ALLOW_CONNECTIONS true`);
    await server.run(`ALTER DATABASE ${dbName} ALLOW_CONNECTIONS false`);
    await server.endConnections(dbName);
    meanwhile = back;
    try {
      await expire();
      expect(await whoAmI()).toBe('TENANT_UNAVAILABLE');
      expect(await resume()).toBeUndefined();
    } finally {
      await back();
    }
    expect(tab.pauses.length).toBeGreaterThan(0);
    expect(await whoAmI()).toBe(username);
  });

  it('keeps the session when the service goes away between a question and the refresh', async () => {
    await expire();
    failures = [() => Response.json({ errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }] }), noNetwork];
    expect(await whoAmI()).toBe('SERVICE_UNAVAILABLE');
    expect(await whoAmI()).toBe(username);
  });

  it('does not believe that it has signed out when nobody has answered', async () => {
    failures = [noNetwork];
    expect(codeOf(await tab.evaluate('signOut()'))).toBe('SERVICE_UNAVAILABLE');
    expect(await whoAmI()).toBe(username);
    expect(await tab.evaluate('signOut()')).toBeUndefined();
    expect(await resume()).toBe('UNAUTHENTICATED');
  });

  it('shows the form when the session has ended elsewhere', async () => {
    await acme.db.session.deleteMany({ where: { user: { username } } });
    await expire();
    expect(await whoAmI()).toBe('UNAUTHENTICATED');
    await forget();
    expect(await resume()).toBe('UNAUTHENTICATED');
    expect(tab.pauses).toEqual([]);
  });

  it('gives a library what it needs of fetch', async () => {
    await expire();
    const body = JSON.stringify({ query: '{ me { username } }' });
    const answer = `sessionFetch('', { body: ${JSON.stringify(body)} }).then((answer) => answer.json())`;
    expect(await tab.evaluate(answer)).toEqual({ data: { me: { username } } });
  });
});

describe('the form for signing in of docs/clients.md', () => {
  const newPassword = 'Another-Passw0rd!';

  it('asks for a new password when the old one was for one sign-in', async () => {
    await acme.db.user.updateMany({ where: { username }, data: { mustChangePassword: true } });
    expect(await signIn('acme01', username, testPassword)).toBe('PASSWORD_CHANGE_REQUIRED');
    expect(await whoAmI()).toBe('UNAUTHENTICATED');
    expect(await signIn('acme01', username, testPassword, newPassword)).toBeUndefined();
    expect(await whoAmI()).toBe(username);
    expect(await signIn('acme01', username, newPassword)).toBeUndefined();
  });

  it('says what is wrong with the new password, beside it', async () => {
    await acme.db.user.updateMany({ where: { username }, data: { mustChangePassword: true } });
    const refusal = await tab.evaluate(`signIn('acme01', '${username}', '${testPassword}', 'Wordpass-Xyz')`);
    expect(refusal).toMatchObject({
      extensions: { code: 'VALIDATION_FAILED', fields: [{ path: ['input', 'newPassword'] }] },
    });
  });

  it('takes an outage for no wrong password', async () => {
    failures = [proxyAnswers(503)];
    expect(await signIn('acme01', username, testPassword)).toBe('SERVICE_UNAVAILABLE');
    expect(await signIn('acme01', username, testPassword)).toBeUndefined();
  });

  it('keeps the sessions of two tenants apart', async () => {
    expect(await signIn('acme01', username, testPassword)).toBeUndefined();
    expect(await signIn('beta02', 'admin', testPassword)).toBeUndefined();
    for (const [tenant, name] of [
      ['acme01', username],
      ['beta02', 'admin'],
    ]) {
      await forget();
      await tab.evaluate(`enterTenant('${tenant}')`);
      expect(await resume()).toBeUndefined();
      expect(await whoAmI()).toBe(name);
    }
  });
});
