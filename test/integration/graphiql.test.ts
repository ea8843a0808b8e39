import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await createTestFleet();
});
afterAll(() => fleet.close());

const browse = (headers: Record<string, string> = {}, method = 'GET') =>
  ask('/graphql', { accept: 'text/html,*/*;q=0.8', ...headers }, method);
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fleet.app.fetch(new Request(`http://api.test${path}`, { method, headers }));

/** The paths of all that the page names. */
async function filesOf(page: string): Promise<string[]> {
  return [...new Set(page.match(/graphiql\/[\w.-]+/g) ?? [])].map((path) => `/${path}`);
}

describe('GraphiQL’s page', () => {
  it('has a few kB, and is asked about before each use', async () => {
    const response = await browse();
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('vary')).toBe('Accept, Accept-Language');
    expect(Number(response.headers.get('content-length'))).toBeLessThan(4_000);
    expect((await response.text()).length).toBeGreaterThan(1_000);
    const etag = response.headers.get('etag') ?? '';
    expect((await browse({ 'if-none-match': etag })).status).toBe(304);
  });

  it('runs only scripts of this server, none of them within it', async () => {
    const response = await browse();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; worker-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    const scripts = (await response.text()).match(/<script[^>]*>/g) ?? [];
    expect(scripts).toHaveLength(3);
    for (const script of scripts) expect(script).toMatch(/src="graphiql\/|type="application\/json"/);
  });

  it('speaks the language of the browser', async () => {
    const korean = await browse({ 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' });
    expect(korean.headers.get('content-language')).toBe('ko');
    const page = await korean.text();
    for (const text of ['<html lang="ko">', '회사 코드', '아이디', '로그인']) expect(page).toContain(text);
    expect(page).not.toContain('Sign in');
    expect(await (await browse({ 'accept-language': 'fr' })).text()).toContain('Sign in');
  });

  it('finds every file that it names on this server, to keep for ever', async () => {
    const paths = await filesOf(await (await browse()).text());
    expect(paths).toHaveLength(8);
    for (const path of paths) {
      const response = await ask(path, { 'accept-encoding': 'gzip, br' });
      expect([response.status, response.headers.get('content-encoding')], path).toEqual([200, 'br']);
      expect(response.headers.get('cache-control'), path).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options'), path).toBe('nosniff');
    }
  });

  it('is described to HEAD without a body', async () => {
    const response = await browse({}, 'HEAD');
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it('is not in the way of clients', async () => {
    const query = `/graphql?query=${encodeURIComponent('{ __typename }')}`;
    expect(await (await ask(query, { accept: 'application/json' })).json()).toEqual({
      data: { __typename: 'Query' },
    });
  });
});

describe('the files of GraphiQL', () => {
  it.each([
    '/graphiql',
    '/graphiql/',
    '/graphiql/page.js',
    '/graphiql/page-0123456789abcdef.js',
    '/graphiql/../package.json',
    '/graphiql/%2e%2e%2fpackage.json',
    '/graphiql/..%5c..%5cpackage.json',
  ])('are not found at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('can only be read', async () => {
    const [path = ''] = await filesOf(await (await browse()).text());
    expect((await ask(path, {}, 'POST')).status).toBe(405);
  });

  it('are not served where the page is not', async () => {
    const paths = await filesOf(await (await browse()).text());
    const { app } = fleet.startApp({ ENVIRONMENT: 'production' });
    for (const path of paths) {
      expect((await app.fetch(new Request(`http://api.test${path}`))).status, path).toBe(404);
    }
  });
});
