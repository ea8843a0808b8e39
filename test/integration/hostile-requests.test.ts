import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../../src/app.ts';
import type { RequestHead } from '../../src/http/direct-path.ts';
import { type ListeningServer, listen, type Servable } from '../../src/http/listen.ts';
import { createAppWithoutDatabases } from '../support/app-without-databases.ts';
import { rawPost, rawRequest, sendRaw } from '../support/raw-http.ts';
import { served } from '../support/request-paths.ts';

let app: App;
let log: readonly string[];
let server: ListeningServer;

beforeAll(async () => {
  ({ app, log } = createAppWithoutDatabases());
  server = await listen(served(app), '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await app.close();
});

/** Sends bytes. Whatever they are, nothing may be logged that an operator would look at. */
async function send(bytes: string | Buffer) {
  const before = log.length;
  const answer = await sendRaw(server.port, bytes);
  expect(log.slice(before).filter((line) => !line.includes('"level":"debug"'))).toEqual([]);
  expect(answer.body).not.toMatch(/node_modules|\.[tj]s:\d/);
  return answer;
}

const query = (text: string) => rawPost(JSON.stringify({ query: text }));
const typename = '{"query":"{ __typename }"}';
const typed = (contentType: string) => rawPost(typename, [`Content-Type: ${contentType}`]);

describe('a body', () => {
  it('may begin with a byte order mark', async () => {
    expect(await send(rawPost(`\ufeff${typename}`))).toMatchObject({
      status: 200,
      body: '{"data":{"__typename":"Query"}}',
    });
  });

  it('may begin with a byte order mark when nobody says how long it is', async () => {
    const bytes = Buffer.from(`\ufeff${typename}`);
    const chunked = Buffer.concat([
      Buffer.from(
        rawRequest('POST /graphql', 'api.test', [
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
        ]),
      ),
      Buffer.from(`${bytes.length.toString(16)}\r\n`),
      bytes,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    expect((await send(chunked)).status).toBe(200);
  });

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON ; Charset="UTF-8"',
    'application/json;charset=utf8; x=y',
  ])('may be %s', async (contentType) => {
    expect((await send(typed(contentType))).status).toBe(200);
  });

  it.each(['application/json; charset=euc-kr', 'application/json; charset=utf-16', 'application/json5'])(
    'may not be %s',
    async (contentType) => {
      const { status, body } = await send(typed(contentType));
      expect(status).toBe(415);
      expect(body).toContain('UNSUPPORTED_MEDIA_TYPE');
    },
  );

  it('may not be compressed', async () => {
    const headers = ['Content-Type: application/json', 'Content-Encoding: gzip'];
    expect((await send(rawPost(typename, headers))).status).toBe(415);
  });

  it.each([
    ['in UTF-16', Buffer.from(`\ufeff${typename}`, 'utf16le')],
    ['with bytes that are no UTF-8', Buffer.from([...Buffer.from('{"query":"'), 0xff, 0xc0, 0x22, 0x7d])],
    ['that is empty', ''],
    ['that is null', 'null'],
    ['with __proto__', '{"query":"{ __typename }","__proto__":{"a":1}}'],
  ])('%s is answered 400 QUERY_INVALID', async (_what, body) => {
    const answer = await send(rawPost(body));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('QUERY_INVALID');
  });
});

describe('a query string', () => {
  it('asks, as long as it changes nothing', async () => {
    expect((await send(rawRequest('GET /graphql?query=%7B__typename%7D'))).body).toContain('Query');
    expect((await send(rawRequest('GET /graphql?query=%7B__typename%7D&x=/health'))).body).toContain('Query');
  });

  it.each(['variables=%7Bx', 'extensions=%5B', 'variables=%E0%A4%A', 'variables=%5B%5D', 'variables=7'])(
    'with %s is answered 400',
    async (parameter) => {
      const { status } = await send(rawRequest(`GET /graphql?query=%7B__typename%7D&${parameter}`));
      expect(status).toBe(400);
    },
  );
});

describe('what is nested too deep', () => {
  const brackets = '['.repeat(1_500);
  it.each([
    ['a list as a value', query(`{ a(b: ${brackets}${']'.repeat(1_500)}) }`)],
    ['a list that never ends', query(`{ a(b: ${brackets}`)],
    ['an object as a value', query(`{ a(b: ${'{c:'.repeat(600)}1${'}'.repeat(600)}) }`)],
    ['selection sets', query('{a'.repeat(900))],
    ['types', query(`query ($a: ${brackets}`)],
    ['inline fragments', query('{...'.repeat(600))],
    ['a body', rawPost('['.repeat(1_000_000))],
    ['variables', rawPost(`{"query":"{__typename}","variables":{"a":${brackets}${']'.repeat(1_500)}}}`)],
    ['extensions', rawPost(`{"query":"{__typename}","extensions":${'{"a":'.repeat(5_000)}`)],
    ['variables of a GET', rawRequest(`GET /graphql?query=%7B__typename%7D&variables=${'['.repeat(9_000)}`)],
  ])('in %s is answered 400 QUERY_TOO_COMPLEX', async (_what, bytes) => {
    const { status, body } = await send(bytes);
    expect(status).toBe(400);
    expect(JSON.parse(body).errors.map(({ extensions }: { extensions: object }) => extensions)).toEqual([
      { code: 'QUERY_TOO_COMPLEX', limit: expect.toBeOneOf([200, 1_024]) },
    ]);
  });

  it('in fragments that spread the next one twice is answered in no time', async () => {
    const length = 150;
    const links = Array.from({ length }, (_, index) => {
      const next = `...F${index + 1}`;
      return `fragment F${index} on Query { ${next} ${next} }`;
    });
    const began = performance.now();
    const { status } = await send(
      query(`{ ...F0 } ${links.join(' ')} fragment F${length} on Query { __typename }`),
    );
    expect(status).toBe(200);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('a small request for a large answer, or for long work', () => {
  const aliases = (count: number, field: string) =>
    Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');
  const asked = (text: string, variables: object = {}) => rawPost(JSON.stringify({ query: text, variables }));
  const long = 'n'.repeat(400_000);
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
  const role = 'mutation ($role: RoleCreateInput!) { createRole(input: $role) { id } }';
  const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index]));
  const settings = `mutation ($a: JSON) { ${aliases(45, 'setTenantConfig(tenantKey: "a", key: "b", value: $a) { key }')} }`;

  it.each([
    ['250,000 values of a wrong type', asked(nodes, { ids: Array(250_000).fill({}) })],
    ['20,000 unknown fields', asked(role, { role: keys })],
    ['wrong values that are themselves long', asked(nodes, { ids: Array(2).fill({ [long]: 1 }) })],
    [
      'a wrong variable beside many unused ones',
      asked(`query (${aliases(100, 'Int').replaceAll('a', '$a')}) { __typename }`),
    ],
    [
      'a long name of an operation, which every error repeats',
      asked(`query ${long} (${aliases(90, 'Int').replaceAll('a', '$a')}) { __typename }`),
    ],
    ['a long alias, which every row repeats', asked(`{ __schema { types { ${long}: name } } }`)],
    ['a long value in the document', asked(`{ nodes(ids: ${JSON.stringify(long)}, x: 1) { id } }`)],
    [
      'introspection under many names',
      asked(`{ __schema { types { ...T } } }
      fragment T on __Type { ${aliases(20, 'fields { ...F }')} }
      fragment F on __Field { ${aliases(20, 'args { ...G }')} }
      fragment G on __InputValue { ${aliases(50, 'name')} }`),
    ],
    ['one large value for many fields', asked(settings, { a: Array(200_000).fill(1) })],
    ['bad values below long names', asked(settings, { a: { [long]: Array(20).fill('\0') } })],
  ])('by %s gets neither', async (_what, bytes) => {
    const began = performance.now();
    const { body } = await send(bytes);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(body.length).toBeLessThan(500_000);
    expect(body).toMatch(/QUERY_TOO_COMPLEX|QUERY_INVALID|VALIDATION_FAILED/);
  });

  it('is told at most ten errors of its variables', async () => {
    const { body } = await send(asked(nodes, { ids: Array(100).fill({}) }));
    expect(JSON.parse(body).errors).toHaveLength(10);
  });

  it('is told which names are too long', async () => {
    for (const text of [`{ ${'a'.repeat(257)}: __typename }`, `query ${'a'.repeat(257)} { __typename }`]) {
      const { status, body } = await send(asked(text));
      expect(status).toBe(400);
      expect(JSON.parse(body).errors[0].extensions).toEqual({ code: 'QUERY_TOO_COMPLEX', limit: 256 });
    }
    expect((await send(asked(`{ ${'a'.repeat(256)}: __typename }`))).body).toContain('"Query"');
  });
});

describe('an answer', () => {
  it.each([
    'text/event-stream',
    'multipart/mixed',
    'text/plain',
    'text/*',
    'multipart/mixed, text/event-stream',
    'application/json; charset=utf-16, text/event-stream',
  ])('is JSON, all at once, for who accepts %s', async (accept) => {
    const { status, head, body } = await send(
      rawRequest('GET /graphql?query=%7B__typename%7D', 'api.test', [`Accept: ${accept}`]),
    );
    expect(status).toBe(200);
    expect(head).toMatch(/^content-type: application\/json/im);
    expect(head).toMatch(/^connection: close\r?$/im);
    expect(body).toBe('{"data":{"__typename":"Query"}}');
  });
});

describe('a Host', () => {
  it.each(['api.test', 'api.test:8100', 'my_api', '127.0.0.1:8100', '[::1]:8100', ''])(
    'may be %j',
    async (host) => {
      expect((await send(rawRequest('GET /health', host))).status).toBe(200);
    },
  );

  it.each([
    'a b',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    'user@host',
    'host:99999',
    'host:x',
    '[::1',
    '1.2.3.4.5',
    '%zz',
    '한글',
    'a"b',
    '<script>',
  ])('that is %j is answered 400', async (host) => {
    for (const path of ['/health', '/graphql', '/nothing']) {
      expect((await send(rawRequest(`GET ${path}`, host))).status).toBe(400);
    }
  });

  it('is answered 400 when there are two', async () => {
    expect((await send(rawRequest('GET /health', 'a', ['Host: b']))).status).toBe(400);
  });

  it('may be missing in HTTP/1.0, and not in HTTP/1.1', async () => {
    expect((await send('GET /health HTTP/1.0\r\n\r\n')).status).toBe(200);
    expect((await send('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(400);
  });
});

describe('a target', () => {
  it('may be a whole URL', async () => {
    expect((await send(rawRequest('GET http://other.test/health?x'))).status).toBe(200);
  });

  it.each([
    ['GET //evil.test', 404],
    ['GET //evil.test/graphql', 404],
    ['GET /\\evil.test', 404],
    ['GET /%E0%A4%A', 404],
    ['GET /%00', 404],
    ['GET http://[x/health', 400],
    ['GET *', 400],
    ['GET foo:bar', 400],
    ['OPTIONS *', 405],
    ['TRACE /graphql', 405],
    ['PROPFIND /graphql', 405],
    ['PUT /graphql', 405],
    ['DELETE /health', 405],
    ['BREW /', 400],
  ])('%s is answered %i', async (line, status) => {
    expect((await send(rawRequest(line))).status).toBe(status);
  });

  it('with headers that nobody can read is answered all the same', async () => {
    const headers = [
      'Accept-Language: ;;;q=,\xff,*;q=zz',
      'Cookie: a=%zz; __Secure-cxg_refresh=%E0%A4%A',
      'Authorization: Bearer \xff',
      'X-Request-Id: \xff',
      'User-Agent: \xff',
      'Origin: %',
    ];
    const { status } = await send(rawRequest('GET /graphql?query=%7B__typename%7D', 'api.test', headers));
    expect(status).toBe(200);
  });

  it('that is huge, or has huge headers, is answered 431', async () => {
    expect((await send(rawRequest(`GET /${'a'.repeat(20_000)}`))).status).toBe(431);
    expect((await send(rawRequest('GET /health', 'api.test', [`X: ${'x'.repeat(20_000)}`]))).status).toBe(
      431,
    );
  });
});

describe('a hash in place of a document', () => {
  const hash = { persistedQuery: { version: 1, sha256Hash: 'ecf4edb46db40b5132295c0291d62fb6' } };

  it.each([
    ['a body', rawPost(JSON.stringify({ operationName: 'A', variables: {}, extensions: hash }))],
    [
      'a body in Korean',
      rawPost(JSON.stringify({ extensions: hash }), [
        'Content-Type: application/json',
        'Accept-Language: ko',
      ]),
    ],
    ['a query string', rawRequest(`GET /graphql?extensions=${encodeURIComponent(JSON.stringify(hash))}`)],
  ])('in %s is answered with what Apollo’s and urql’s links fall back on', async (_where, bytes) => {
    const { status, body } = await send(bytes);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      errors: [
        { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
      ],
    });
  });

  it('beside its document is no matter', async () => {
    const { status, body } = await send(
      rawPost(JSON.stringify({ query: '{ __typename }', extensions: hash })),
    );
    expect([status, body]).toEqual([200, '{"data":{"__typename":"Query"}}']);
  });
});

describe('a client that gives up', () => {
  it.each(['direct', 'ordinary'] as const)(
    'in the middle of its body is no error of ours on the %s way',
    async (way) => {
      const before = log.length;
      let arrived = 0;
      const { fetch, direct } = app;
      const ordinary: Servable = {
        fetch(request, address) {
          arrived++;
          return fetch(request, address);
        },
      };
      const watched = {
        ...ordinary,
        direct: {
          ...direct,
          takes(head: RequestHead) {
            arrived++;
            return direct.takes(head);
          },
        },
      };
      const own = await listen(way === 'direct' ? watched : ordinary, '127.0.0.1', 0);
      const sockets = Array.from({ length: 20 }, () => connect(own.port, '127.0.0.1'));
      for (const socket of sockets) socket.write(rawPost(typename).subarray(0, -5));
      await vi.waitFor(() => expect(arrived).toBe(20), 10_000);
      for (const socket of sockets) socket.destroy();
      const entries = () => log.slice(before).map((line) => JSON.parse(line));
      await vi.waitFor(
        () => expect(entries().filter(({ status }) => status === 499)).toHaveLength(20),
        10_000,
      );
      expect(entries().filter(({ level }) => level !== 'debug')).toEqual([]);
      await own.close();
    },
  );
});
