import { connect } from 'node:net';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { metricsToken, readMetrics } from '../support/metrics.ts';
import { rawPost } from '../support/raw-http.ts';
import { fetchOf, served } from '../support/request-paths.ts';
import { lockUser } from '../support/row-locks.ts';

let fleet: TestFleet;
let tenant: TestTenant;
let token: string;
let server: ListeningServer;

beforeAll(async () => {
  fleet = await createTestFleet({
    REQUEST_BODY_LIMIT_BYTES: '100000',
    ALLOWED_ORIGINS: 'https://app.test,https://admin.test,https://*.tenants.test,capacitor://localhost',
    ALLOWED_HEADERS: 'X-Our-Gateway',
  });
  tenant = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
  server = await listen(served(fleet.app), '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const request = (path: string, init: RequestInit = {}) =>
  fetchOf(fleet.app)(new Request(`http://api.test${path}`, init));

const post = (body: string, headers: Record<string, string> = {}) =>
  request('/graphql', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => `http://127.0.0.1:${server.port}/graphql` })) {
    it(`passes the audit «${audit.name}»`, async () => {
      const result = await audit.fn();
      if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`);
    });
  }

  it('answers fields in the order in which they were asked for', async () => {
    const { data } = await fleet.graphql('{ me { username id fullName role { name id } email } }', { token });
    expect(JSON.stringify(Object.keys(data.me))).toBe('["username","id","fullName","role","email"]');
  });

  it.each([
    ['an empty body', ''],
    ['half a body', '{"query": "{ __typ'],
    ['a body that is no object', '"query"'],
    ['an array of operations', '[{"query":"{ __typename }"}]'],
    ['no query', '{}'],
    ['a query that is no text', '{"query": 7}'],
    ['variables that are no object', '{"query": "{ __typename }", "variables": "x"}'],
    ['an unknown parameter', '{"query": "{ __typename }", "extra": 1}'],
    ['a query that does not parse', '{"query": "{"}'],
    ['a field that does not exist', '{"query": "{ secrets }"}'],
    ['an operation name that does not exist', '{"query": "query A { __typename }", "operationName": "B"}'],
  ])('answers %s with one clear error and no data', async (_what, body) => {
    const response = await post(body);
    const answer = await response.json();
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors[0].extensions.code).toBe('QUERY_INVALID');
    expect(JSON.stringify(answer)).not.toMatch(/node_modules|at .*\.js/);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    '',
  ])('takes no body of type %j, which a stranger’s form could send', async (contentType) => {
    const response = await post('query=mutation{__typename}', { 'content-type': contentType });
    expect(response.status).toBe(415);
    expect((await response.json()).errors[0].extensions.code).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('runs no mutation by GET', async () => {
    const query = encodeURIComponent('mutation { deleteUser(userId: "x") { success } }');
    const response = await request(`/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(405);
  });

  it('refuses a body over the limit, told or not how long it is', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { filler: 'x'.repeat(5_000_000) } });
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body));
        controller.close();
      },
    });
    const told = await post(body, { 'content-length': String(body.length) });
    const untold = await request('/graphql', {
      method: 'POST',
      body: stream,
      headers: { 'content-type': 'application/json' },
      // Not in the compiler's types yet; the platform wants it with a stream.
      ...{ duplex: 'half' },
    });
    for (const response of [told, untold]) {
      expect(response.status).toBe(413);
      expect((await response.json()).errors[0].extensions.code).toBe('PAYLOAD_TOO_LARGE');
    }
  });

  it('answers a 5 MB body over a real connection, and lives on', async () => {
    const url = `http://127.0.0.1:${server.port}/graphql`;
    const headers = { 'content-type': 'application/json' };
    const large = await fetch(url, { method: 'POST', headers, body: 'x'.repeat(5_000_000) }).catch(
      (error: unknown) => error,
    );
    if (large instanceof Response) expect(large.status).toBe(413);
    const after = await fetch(url, { method: 'POST', headers, body: '{"query":"{ __typename }"}' });
    expect(await after.json()).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('limits', () => {
  const codesOf = async (query: string) => (await fleet.graphql(query, { token })).codes;

  it('let the depth of 10 pass, and no deeper', async () => {
    const nested = (depth: number) =>
      `{ departments { edges { node { ${'parent { '.repeat(depth - 4)} name ${'} '.repeat(depth - 4)} } } } }`;
    expect(await codesOf(nested(10))).toEqual([]);
    expect(await codesOf(nested(11))).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('count the depth of fragments where they are spread', async () => {
    const query = `{ departments { edges { node { ...A } } } }
      fragment A on Department { parent { parent { parent { parent { ...B } } } } }
      fragment B on Department { parent { parent { parent { name } } } }`;
    expect(await codesOf(query)).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('let a full page with its relations pass, and refuse many of them at once', async () => {
    const page = (alias: string) =>
      `${alias}: users(first: 100) { edges { node { department { name } role { name } } } }`;
    expect(await codesOf(`{ ${page('a')} }`)).toEqual([]);
    const many = Array.from({ length: 20 }, (_, index) => page(`a${index}`));
    expect(await codesOf(`{ ${many.join(' ')} }`)).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('count page sizes that come as variables', async () => {
    const page = (alias: string) =>
      `${alias}: users(first: $n) { edges { node { role { permissions { code } } } } }`;
    const query = `query ($n: Int!) { ${['a', 'b', 'c', 'd', 'e'].map(page).join(' ')} }`;
    expect((await fleet.graphql(query, { token, variables: { n: 20 } })).codes).toEqual([]);
    expect((await fleet.graphql(query, { token, variables: { n: 100 } })).codes).toEqual([
      'QUERY_TOO_COMPLEX',
    ]);
  });

  it('bound the number of tokens, braces and aliases alike', async () => {
    expect(await codesOf('{'.repeat(20_000))).toEqual(['QUERY_INVALID']);
    expect(await codesOf('{ a '.repeat(20_000))).toEqual(['QUERY_TOO_COMPLEX']);
    expect(await codesOf(`{ ${'a: __typename '.repeat(1_000)} }`)).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('let an ordinary introspection query pass', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    expect(await codesOf(getIntrospectionQuery())).toEqual([]);
  });

  it('refuse introspection that multiplies', async () => {
    const query = `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`;
    expect(await codesOf(query)).not.toEqual([]);
  });

  it('refuse fragments that spread each other in a circle', async () => {
    expect(
      await codesOf('{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }'),
    ).toContain('QUERY_INVALID');
  });
});

describe('cross-origin requests', () => {
  const preflight = (origin: string, headers = 'content-type') =>
    request('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });

  it.each(['https://app.test', 'https://admin.test', 'https://acme01.tenants.test', 'capacitor://localhost'])(
    'are allowed from %s, by name and with credentials',
    async (origin) => {
      for (const response of [
        await preflight(origin),
        await post('{"query":"{ __typename }"}', { origin }),
      ]) {
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
        expect(response.headers.get('access-control-allow-credentials')).toBe('true');
        expect(response.headers.get('vary')).toContain('Origin');
      }
    },
  );

  it.each([
    'https://evil.test',
    'https://app.test.evil.test',
    'http://app.test',
    'https://tenants.test',
    'https://a.b.tenants.test',
    'http://acme01.tenants.test',
    'null',
  ])('from %s get no permission at all', async (origin) => {
    for (const response of [await preflight(origin), await post('{"query":"{ __typename }"}', { origin })]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(response.headers.get('vary')).toContain('Origin');
    }
  });

  it.each([
    ['a tracer of the W3C', 'traceparent,tracestate,baggage'],
    ['Sentry', 'sentry-trace,baggage'],
    ['Datadog', 'x-datadog-trace-id,x-datadog-parent-id,x-datadog-origin,x-datadog-sampling-priority'],
    ['OpenTelemetry with B3', 'b3,x-b3-traceid,x-b3-spanid,x-b3-sampled,x-b3-parentspanid'],
    ['Apollo Client', 'apollographql-client-name,apollographql-client-version'],
    ['Apollo’s mobile clients', 'apollo-require-preflight,x-apollo-operation-id,x-apollo-operation-name'],
    ['what ALLOWED_HEADERS names', 'x-our-gateway'],
    ['ourselves', 'accept-language,authorization,content-type,x-request-id'],
  ])('may carry the headers of %s', async (_what, headers) => {
    const response = await preflight('https://app.test', headers);
    const allowed = response.headers.get('access-control-allow-headers')?.split(', ') ?? [];
    expect(headers.split(',').filter((name) => !allowed.includes(name))).toEqual([]);
  });

  it('may not carry any other header', async () => {
    const response = await preflight('https://app.test', 'x-evil');
    expect(response.headers.get('access-control-allow-headers')).not.toMatch(/x-evil|\*/);
  });

  it('keep the refresh token in a cookie for pages of a pattern too', async () => {
    const signIn = (origin: string) =>
      fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
        headers: { origin },
        variables: {
          input: { tenantKey: 'acme01', username: 'admin', password: testPassword, useCookie: true },
        },
      });
    const allowed = await signIn('https://acme01.tenants.test');
    expect(allowed.errors).toEqual([]);
    const refresh = expect.arrayContaining([expect.stringMatching(/^__Secure-cxg_refresh_acme01=/)]);
    expect(allowed.headers.getSetCookie()).toEqual(refresh);
    expect((await signIn('https://a.b.tenants.test')).codes).toEqual(['FORBIDDEN']);
  });
});

describe('clients that give up', () => {
  it('are no error of ours: what they asked for is done, what it held is free again, and a debugger is told', async () => {
    const log: string[] = [];
    const logger = createLogger({ level: 'debug', format: 'json' }, { write: (line) => void log.push(line) });
    const app = createApp(fleet.configuration, logger);
    const own = await listen(served(app), '127.0.0.1', 0);
    const { id } = await tenant.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    const row = await lockUser(tenant, id);
    const body = JSON.stringify({
      query: 'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "Given up" }) { id } }',
      variables: { id },
    });
    const headers = ['Content-Type: application/json', `Authorization: Bearer ${token}`];
    const sockets = Array.from({ length: 40 }, () => connect(own.port, '127.0.0.1'));
    for (const socket of sockets) socket.write(rawPost(body, headers));
    await vi.waitFor(() => expect(app.tenantClientStatistics().leases).toBe(40), 10_000);
    for (const socket of sockets) socket.destroy();
    await row.release();

    const entries = () => log.map((line) => JSON.parse(line));
    await vi.waitFor(() => expect(entries().filter(({ status }) => status === 499)).toHaveLength(40), 10_000);
    expect(entries().filter(({ level }) => level !== 'debug')).toEqual([]);
    expect(log.filter((line) => line.includes('"stack"'))).toEqual([]);
    expect(app.tenantClientStatistics().leases).toBe(0);
    const { position } = await tenant.db.user.findUniqueOrThrow({ where: { id } });
    expect(position).toBe('Given up');
    await own.close();
    await app.close();
  });
});

describe('request ids', () => {
  it('are made for each request', async () => {
    const [first, second] = [await request('/health'), await request('/health')];
    expect(first.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(first.headers.get('x-request-id')).not.toBe(second.headers.get('x-request-id'));
  });

  it('are kept when the caller has one, and replaced when it could disturb a log', async () => {
    const kept = await request('/health', { headers: { 'x-request-id': 'gateway-1:2.3' } });
    expect(kept.headers.get('x-request-id')).toBe('gateway-1:2.3');
    const replaced = await request('/health', { headers: { 'x-request-id': 'a b "c"' } });
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lead from an unexpected failure to its entry in the log, and tell nothing else', async () => {
    const { runAsOwner } = await fleet.provision('broken1');
    const broken = (await fleet.signIn('broken1')).accessToken;
    await runAsOwner("ALTER TABLE sys.branches ADD CHECK (code = 'none of ours')");
    const { errors, data } = await fleet.graphql(
      'mutation { createBranch(input: { code: "A", name: "A" }) { id } }',
      { token: broken, headers: { 'x-request-id': 'trace-me' } },
    );
    expect(data).toEqual({ createBranch: null });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      message: 'Something went wrong on our side.',
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'trace-me' },
    });
    expect(JSON.stringify(errors)).not.toContain('branches');
    const entry = fleet.log.find((line) => line.includes('trace-me'));
    expect(entry).toContain('branches_code_check');
  });
});

describe('the other endpoints', () => {
  it('tell name, version and endpoints at /', async () => {
    expect(await (await request('/')).json()).toMatchObject({
      name: 'cxg-graphql-api',
      graphql_endpoint: '/graphql',
    });
  });

  it('report health', async () => {
    expect(await (await request('/health')).json()).toMatchObject({ status: 'healthy', api_type: 'graphql' });
    const detailed = await request('/health/detailed');
    expect(detailed.status).toBe(200);
    expect(await detailed.json()).toMatchObject({
      status: 'healthy',
      checks: { central_admin_db: 'healthy', redis: 'absent' },
    });
  });

  it('answer 503 when the central database is gone, without saying where it was', async () => {
    const { app } = fleet.startApp({
      CENTRAL_ADMIN_DATABASE_URL: 'postgresql://who:hunter2@127.0.0.1:1/central',
    });
    const response = await app.fetch(new Request('http://api.test/health/detailed'));
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ status: 'degraded', checks: { central_admin_db: 'unhealthy' } });
    expect(body).not.toMatch(/127\.0\.0\.1|hunter2|who/);
  });

  it('count requests by tenant, and open clients', async () => {
    await fleet.graphql('{ me { id } }', { token });
    const metrics = await readMetrics(fleet.app);
    expect(metrics).toMatch(/graphql_requests_total\{tenant_key="acme01",operation_type="query"\} \d+/);
    expect(metrics).toMatch(/tenant_clients\{state="kept"\} \d+/);
  });

  it('keep the metrics to who has the token, and from everybody without one', async () => {
    const metricsOf = async (overrides: Record<string, string>, authorization?: string) =>
      (
        await fleet
          .startApp(overrides)
          .app.fetch(
            new Request('http://api.test/metrics', { headers: authorization ? { authorization } : {} }),
          )
      ).status;
    expect(await metricsOf({})).toBe(401);
    expect(await metricsOf({}, 'Bearer wrong')).toBe(401);
    expect(await metricsOf({}, `Bearer ${metricsToken}`)).toBe(200);
    for (const environment of ['development', 'test', 'production']) {
      const withoutToken = { ENVIRONMENT: environment, METRICS_TOKEN: '' };
      expect(await metricsOf(withoutToken)).toBe(404);
      expect(await metricsOf(withoutToken, 'Bearer undefined')).toBe(404);
    }
  });

  it('show GraphiQL to a browser without loading anything from elsewhere, and not in production', async () => {
    const browse = { headers: { accept: 'text/html' } };
    const page = await (await request('/graphql', browse)).text();
    expect(page).toContain('<title>CXG GraphQL API</title>');
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)=["']?https?:/);
    const { app } = fleet.startApp({ ENVIRONMENT: 'production' });
    const inProduction = await app.fetch(new Request('http://api.test/graphql', browse));
    expect(await inProduction.text()).not.toContain('<title>');
  });

  it.each(['/nothing', '/graphql/x', '/health/x', '/constructor', '/__proto__'])(
    'answer 404 at %s',
    async (path) => {
      expect((await request(path)).status).toBe(404);
    },
  );

  it('answer 405 to other methods', async () => {
    expect((await request('/health', { method: 'POST' })).status).toBe(405);
  });
});
