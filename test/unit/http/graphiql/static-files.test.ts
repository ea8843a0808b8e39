import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createStaticFiles } from '../../../../src/http/graphiql/static-files.ts';

const script = 'let answer = 42; '.repeat(500);
const files = createStaticFiles({ 'page.js': Buffer.from(script), 'page.css': Buffer.from('p {}') });

function ask(headers: Record<string, string> = {}, method = 'GET', name = files.servedName('page.js')) {
  const file = files.find(name);
  if (!file) throw new Error(`Nothing is served as ${name}`);
  return file({ method, headers: new Headers(headers) });
}
const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe('a static file', () => {
  it('may be kept for ever under a name that changes with its contents', async () => {
    expect((await ask()).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const changed = createStaticFiles({
      'page.js': Buffer.from(`${script};`),
      'page.css': Buffer.from('p {}'),
    });
    expect(changed.servedName('page.js')).not.toBe(files.servedName('page.js'));
    expect(changed.servedName('page.css')).toBe(files.servedName('page.css'));
    expect(changed.find(files.servedName('page.js'))).toBeNull();
  });

  it.each([
    ['page.js', 'text/javascript; charset=utf-8'],
    ['page.css', 'text/css; charset=utf-8'],
  ] as const)('says of %s what it is', async (name, type) => {
    expect((await ask({}, 'GET', files.servedName(name))).headers.get('content-type')).toBe(type);
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
  ])('is sent to who accepts %s as %s', async (accepted, encoding, decode) => {
    const response = await ask({ 'accept-encoding': accepted });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const body = await bodyOf(response);
    expect(response.headers.get('content-length')).toBe(String(body.byteLength));
    expect(decode(body).toString()).toBe(script);
  });

  it.each([{}, { 'accept-encoding': 'identity' }, { 'accept-encoding': 'zstd' }])(
    'is sent as it is with %j',
    async (headers: Record<string, string>) => {
      const response = await ask(headers);
      expect(response.headers.get('content-encoding')).toBeNull();
      expect((await bodyOf(response)).toString()).toBe(script);
    },
  );

  it('is not sent again to who has it, in whatever encoding', async () => {
    const etag = (await ask({ 'accept-encoding': 'br' })).headers.get('etag') ?? '';
    for (const held of [etag, `"another", ${etag}`, etag.replace('W/', '')]) {
      const response = await ask({ 'if-none-match': held });
      expect([response.status, await response.text()], held).toEqual([304, '']);
      expect(response.headers.get('cache-control')).toContain('immutable');
    }
    expect((await ask({ 'if-none-match': '"another"' })).status).toBe(200);
  });

  it('is described to HEAD as it would be sent', async () => {
    const sent = await ask({ 'accept-encoding': 'br' });
    const described = await ask({ 'accept-encoding': 'br' }, 'HEAD');
    expect([...described.headers]).toEqual([...sent.headers]);
    expect(await described.text()).toBe('');
  });

  it.each(['page.js', '', 'constructor', '__proto__', '../page.js', '../../../../package.json'])(
    'is not found as %j',
    (name) => {
      expect(files.find(name)).toBeNull();
    },
  );
});
