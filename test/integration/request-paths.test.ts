import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createAppWithoutDatabases } from '../support/app-without-databases.ts';
import { metricsToken, readMetrics } from '../support/metrics.ts';
import { rawPost, rawRequest, sendRaw } from '../support/raw-http.ts';
import { type RequestPath, served } from '../support/request-paths.ts';

let app: App;
const servers = new Map<RequestPath, ListeningServer>();

beforeAll(async () => {
  ({ app } = createAppWithoutDatabases({
    METRICS_TOKEN: metricsToken,
    REQUEST_BODY_LIMIT_BYTES: '5000',
    ALLOWED_ORIGINS: 'https://app.test',
  }));
  for (const path of ['direct', 'ordinary'] as const) {
    servers.set(path, await listen(served(app, path), '127.0.0.1', 0, { trustedProxies: ['loopback'] }));
  }
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
  await app.close();
});

/** Sends bytes to the application as it is served by one of the paths. @returns its answers, without ids and dates. */
async function send(path: RequestPath, bytes: string | Buffer): Promise<string[]> {
  const { head, body } = await sendRaw(servers.get(path)?.port ?? 0, bytes);
  return (
    `${head}\r\n\r\n${body}`
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replace(/^date: .*$/gim, 'date')
      // The order of headers has no meaning; that of the answers' other lines has, and they are compared as well.
      .split(/(?=HTTP\/1\.1 )/)
      .flatMap((answer) => answer.split('\r\n').toSorted())
  );
}

/** The number of requests by path. */
async function counted(): Promise<Record<RequestPath, number>> {
  const text = await readMetrics(app);
  const count = (path: RequestPath) =>
    Number(new RegExp(`graphql_http_requests_total\\{way="${path}"\\} (\\d+)`).exec(text)?.[1]);
  return { direct: count('direct'), ordinary: count('ordinary') };
}

const json = 'Content-Type: application/json';
const typename = '{"query":"{ __typename }"}';
const operation = (query: string, more: object = {}) => JSON.stringify({ query, ...more });
const post = (body: string | Buffer, ...headers: string[]) => rawPost(body, [json, ...headers]);
const typed = (type: string) => rawPost(typename, [`Content-Type: ${type}`]);
const cookies = 'Cookie: __Secure-cxg_refresh_acme01=%%%; __Secure-cxg_device_1=x; other=y';
const logout = 'mutation { logout(tenantKey: "acme01") { success message } }';
const paged = 'query ($n: Int) { users(first: $n) { edges { cursor } } }';

const byLength = (answer: string) => [
  'POST /graphql HTTP/1.1\r\nHost: api.test\r\nConnection: keep-alive',
  json,
  `Content-Length: ${answer.length}\r\n\r\n${answer}`,
];

describe('a plain request is answered as by the server library', () => {
  it.each<[string, string | Buffer]>([
    ['a query', post(typename)],
    ['a query again', post(typename)],
    [
      'a query with a name',
      post(operation('query A { __typename } query B { b: __typename }', { operationName: 'B' })),
    ],
    [
      'null for what is not needed',
      post(operation('{ __typename }', { variables: null, operationName: null, extensions: null })),
    ],
    [
      'variables',
      post(operation('query ($a: Boolean!) { __typename @skip(if: $a) }', { variables: { a: true, b: 1 } })),
    ],
    ['a hash beside its document', post(operation('{ __typename }', { extensions: { persistedQuery: {} } }))],
    ['introspection', post(operation('{ __type(name: "User") { name fields { name } } }'))],
    ['a byte order mark', post(`\ufeff${typename}`)],
    [
      'text beyond ASCII',
      post(operation('{ 이름: __typename }'.replace('이름', 'a'), { variables: { 이름: '값 😀' } })),
    ],
    ['a charset', typed('Application/JSON ; Charset="UTF-8"')],
    ['no token', post(operation('{ me { id } }'))],
    ['a wrong token', post(operation('{ me { id } }'), 'Authorization: Bearer x.y.z')],
    ['another scheme', post(operation('{ me { id } }'), 'Authorization: Basic eA==')],
    ['an error in Korean', post(operation('{ me { id } }'), 'Accept-Language: ko-KR,ko;q=0.9,en;q=0.8')],
    [
      'a refused argument',
      post(
        operation(
          'mutation { login(input: { tenantKey: "acme01", username: "a\\u0000", password: "b" }) { accessToken } }',
        ),
      ),
    ],
    ['data beside an error', post(operation('{ __typename me { id } }'))],
    [
      'a database that does not answer',
      post(operation('mutation { login(input: { username: "a", password: "b" }) { accessToken } }')),
    ],
    ['an id of the caller', post(typename, 'X-Request-Id: gateway-1:2.3')],
    ['an id that is none', post(typename, 'X-Request-Id: a b')],
    ['an allowed origin', post(typename, 'Origin: https://app.test')],
    ['a refused origin', post(typename, 'Origin: https://evil.test')],
    ['an empty origin', post(typename, 'Origin:')],
    ['no origin at all', post(typename, 'Origin: null')],
    ['cookies to remove', post(operation(logout), 'Origin: https://app.test', cookies)],
    ['cookies of a stranger’s page', post(operation(logout), 'Origin: https://evil.test', cookies)],
    ['a forwarded address', post(typename, 'X-Forwarded-For: 203.0.113.7')],
    [
      'the response type of GraphQL',
      post(operation('{ me { id } }'), 'Accept: application/graphql-response+json'),
    ],
    ['both types', post(typename, 'Accept: application/graphql-response+json, application/json;q=0.9')],
    ['both types, ours last', post(typename, 'Accept: application/json, application/graphql-response+json')],
    [
      'what Apollo accepts',
      post(
        typename,
        'Accept: multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
      ),
    ],
    ['what browsers accept', post(typename, 'Accept: text/html,application/xhtml+xml,*/*;q=0.8')],
    [
      'empty headers',
      post(typename, 'Accept:', 'Accept-Language:', 'User-Agent:', 'Authorization:', 'Cookie:'),
    ],
    [
      'headers that nobody can read',
      post(typename, 'Accept-Language: ;;;q=,\xff,*;q=zz', 'Cookie: a=%zz', 'User-Agent: \xff'),
    ],
    [
      'HTTP/1.0',
      `POST /graphql HTTP/1.0\r\nHost: api.test\r\n${json}\r\nContent-Length: ${typename.length}\r\n\r\n${typename}`,
    ],
    [
      'a whole URL',
      `POST http://api.test/graphql HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n${json}\r\nContent-Length: ${typename.length}\r\n\r\n${typename}`,
    ],
    ['an announcement', post(typename, 'Expect: 100-continue')],
    [
      'two in a row, and a third',
      Buffer.concat([
        Buffer.from(byLength(typename).join('\r\n').repeat(2)),
        post(operation('{ me { id } }')),
      ]),
    ],
  ])('%s', async (_what, bytes) => {
    const before = await counted();
    const [direct, ordinary] = [await send('direct', bytes), await send('ordinary', bytes)];
    expect(direct).toEqual(ordinary);
    expect(direct.join()).toMatch(/HTTP\/1\.1 200/);
    const after = await counted();
    const times = after.ordinary - before.ordinary;
    expect(after).toEqual({ direct: before.direct + times, ordinary: before.ordinary + times });
  });
});

describe('any other request takes the ordinary path, with its body', () => {
  it.each<[string, string | Buffer]>([
    [
      'a preflight',
      rawRequest('OPTIONS /graphql', 'api.test', [
        'Origin: https://app.test',
        'Access-Control-Request-Method: POST',
      ]),
    ],
    ['a GET', rawRequest('GET /graphql?query=%7B__typename%7D')],
    ['another method', rawRequest('PUT /graphql')],
    ['a query string', post(typename).toString().replace('/graphql', '/graphql?a=b')],
    [
      'chunks',
      `POST /graphql HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n${typename}\r\n0\r\n\r\n`,
    ],
    ['no Host', `POST /graphql HTTP/1.0\r\n${json}\r\nContent-Length: ${typename.length}\r\n\r\n${typename}`],
    ['an empty body', post('')],
    ['half a body of JSON', post('{"query": "{ __typ')],
    ['a body that is no UTF-8', post(Buffer.from([...Buffer.from('{"query":"'), 0xff, 0xc0, 0x22, 0x7d]))],
    ['a list of operations', post(`[${typename}]`)],
    ['no object', post('"query"')],
    ['an unknown parameter', post(operation('{ __typename }', { extra: 1 }))],
    ['a parameter named __proto__', post('{"query":"{ __typename }","__proto__":{"a":1}}')],
    ['a query that is no text', post('{"query": 7}')],
    ['variables that are no object', post(operation('{ __typename }', { variables: [] }))],
    ['extensions that are no object', post(operation('{ __typename }', { extensions: 'x' }))],
    ['a name that is no text', post(operation('query A { __typename }', { operationName: 7 }))],
    ['an empty name', post(operation('query A { __typename }', { operationName: '' }))],
    ['an unknown name', post(operation('query A { __typename }', { operationName: 'B' }))],
    ['no name where one is needed', post(operation('query A { __typename } query B { __typename }'))],
    ['a hash in place of a document', post('{"extensions":{"persistedQuery":{"version":1}}}')],
    ['a syntax error', post(operation('{'))],
    ['a field that does not exist', post(operation('{ secrets }'))],
    ['a field that does not exist, in Korean', post(operation('{ secrets }'), 'Accept-Language: ko')],
    [
      'a field that does not exist, for the response type',
      post(operation('{ secrets }'), 'Accept: application/graphql-response+json'),
    ],
    [
      'too much depth',
      post(
        operation(`{ departments { edges { node { ${'parent { '.repeat(9)} name ${'} '.repeat(9)} } } } }`),
      ),
    ],
    ['too many tokens', post(operation(`{ ${'a '.repeat(1_500)} }`))],
    [
      'too high a cost',
      post(
        operation(
          `{ ${['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((name) => `${name}: users(first: 100) { edges { node { role { permissions { code } } } } }`).join(' ')} }`,
        ),
      ),
    ],
    ['a wrong variable', post(operation(paged, { variables: { n: 'x' } }))],
    ['a missing variable', post(operation('query ($id: ID!) { user(userId: $id) { id } }'))],
    ['a subscription', post(operation('subscription { __typename }'))],
    ['nesting without end', post(`{"query":"{__typename}","variables":{"a":${'['.repeat(2_000)}`)],
    ['a body over the limit', post(operation(`{ __typename } #${'x'.repeat(5_000)}`))],
    ['another type', typed('text/plain')],
    ['another charset', typed('application/json; charset=utf-16')],
    ['compression', post(typename, 'Content-Encoding: gzip')],
    ['a type that we do not speak', post(typename, 'Accept: text/event-stream')],
    ['a charset that we do not speak', post(typename, 'Accept: application/json; charset=utf-16')],
    ['a range of types', post(typename, 'Accept: */json, application/graphql-response+json')],
  ])('%s', async (_what, bytes) => {
    const before = await counted();
    const [direct, ordinary] = [await send('direct', bytes), await send('ordinary', bytes)];
    expect(direct).toEqual(ordinary);
    const after = await counted();
    expect(after).toEqual({ direct: before.direct, ordinary: before.ordinary + 2 });
  });
});

describe('a server that stops', () => {
  it('tells who is being answered directly to open a new connection', async () => {
    const steps = new EventEmitter();
    const [arrived, opened] = [once(steps, 'arrived'), once(steps, 'opened')];
    const { direct } = app;
    const server = await listen(
      {
        fetch: app.fetch,
        direct: {
          ...direct,
          answer(...request) {
            const answering = direct.answer(...request);
            steps.emit('arrived');
            return answering && opened.then(() => answering);
          },
        },
      },
      '127.0.0.1',
      0,
    );
    const bytes = post(operation(logout), 'Origin: https://app.test', cookies).toString();
    const answering = sendRaw(server.port, bytes.replace('Connection: close', 'Connection: keep-alive'));
    await arrived;
    const closed = server.close();
    steps.emit('opened');
    const { status, head } = await answering;
    expect(status).toBe(200);
    expect(head).toMatch(/^connection: close\r?$/im);
    expect(head).toMatch(/^set-cookie: __Secure-cxg_refresh_acme01=;/im);
    await closed;
  });
});
