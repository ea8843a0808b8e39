import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisCache } from '../../src/cache/redis-cache.ts';
import type { SharedCache } from '../../src/cache/shared-cache.ts';
import type { Prisma } from '../../src/generated/central/client.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import type { TenantDirectory } from '../../src/tenancy/tenant-directory.ts';
import { openDirectory } from '../support/directories.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { describeWithRedis } from '../support/redis.ts';
import { type RedisProxy, startRedisProxy } from '../support/redis-proxy.ts';
import { lockUser } from '../support/row-locks.ts';

const logger = createLogger({ level: 'silent', format: 'json' });

describeWithRedis('a change of a tenant', (redis) => {
  let fleet: TestFleet;
  /** Two processes that serve. */
  let processes: readonly GraphQLClient[];
  /** A third one, which changes tenants, as a script or a manager does. */
  let operator: { readonly cache: SharedCache; readonly directory: TenantDirectory };

  beforeAll(async () => {
    // Long enough that nothing is seen in time unless it is heard of.
    fleet = await createTestFleet({ REDIS_URL: redis.url, TENANT_DIRECTORY_CACHE_TTL: '300' });
    processes = [fleet.graphql, fleet.startApp().graphql];
    const cache = createRedisCache({ url: redis.url, tls: {} }, 300, logger);
    operator = {
      cache,
      directory: openDirectory(fleet.tools.central, cache, { freshSeconds: 300, staleSeconds: 300 }),
    };
    await vi.waitFor(async () => expect(await cache.health()).toBe('healthy'));
  });
  afterAll(async () => {
    await operator.cache.close();
    await fleet.close();
  });

  const change = async (tenantKey: string, data: Prisma.TenantUpdateInput) => {
    await fleet.tools.central.tenant.update({ where: { tenantKey }, data });
    await operator.directory.invalidate(tenantKey);
  };
  const suspend = (tenantKey: string) => change(tenantKey, { status: 'suspended', isActive: false });
  const resume = (tenantKey: string) => change(tenantKey, { status: 'active', isActive: true });

  const codeOf = async (graphql: GraphQLClient, { token }: NamedTenant) =>
    (await graphql('{ me { username } }', { token })).codes[0];
  const login = (graphql: GraphQLClient, tenantKey: string) =>
    graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
      variables: { input: { tenantKey, username: 'admin', password: testPassword } },
    });
  const refresh = (graphql: GraphQLClient, refreshToken: string) =>
    graphql('mutation ($token: String!) { refreshToken(refreshToken: $token) { refreshToken } }', {
      variables: { token: refreshToken },
    });

  /** Measures the time from the change until every process answers so. */
  async function heardAfter(tenant: NamedTenant, code: string | undefined): Promise<number> {
    const started = performance.now();
    await Promise.all(
      processes.map((graphql) =>
        vi.waitFor(async () => expect(await codeOf(graphql, tenant)).toBe(code), {
          timeout: 5_000,
          interval: 10,
        }),
      ),
    );
    return performance.now() - started;
  }

  it.each([
    ['suspension', { status: 'suspended', isActive: false }, 'TENANT_SUSPENDED'],
    ['deletion', { status: 'archived', isActive: false }, 'TENANT_NOT_FOUND'],
  ] as const)(
    'that is a %s, and its end, is heard by every process within a second',
    async (name, data, code) => {
      const tenant = await provisionNamed(fleet, `heard_${name}`);
      await heardAfter(tenant, undefined);
      await change(tenant.tenantKey, data);
      const ended = await heardAfter(tenant, code);
      await resume(tenant.tenantKey);
      const resumed = await heardAfter(tenant, undefined);
      process.stdout.write(
        `${name} heard after ${Math.round(ended)} ms, its end after ${Math.round(resumed)} ms\n`,
      );
      expect(Math.max(ended, resumed)).toBeLessThan(1_000);
    },
  );

  it('that is another plan is heard by every process within a second', async () => {
    const tenant = await provisionNamed(fleet, 'heard_plan');
    await heardAfter(tenant, undefined);
    await change('heard_plan', { plan: 'enterprise', maxUsers: 1 });
    const started = performance.now();
    await Promise.all(
      processes.map((graphql) =>
        vi.waitFor(
          async () => {
            const { codes } = await graphql(
              'mutation ($input: UserCreateInput!) { createUser(input: $input) { id } }',
              {
                token: tenant.token,
                variables: {
                  input: {
                    username: `u${Math.random()}`.replace('.', ''),
                    email: `u${Math.random()}@example.com`,
                    password: testPassword,
                    fullName: 'One too many',
                  },
                },
              },
            );
            expect(codes).toEqual(['SEAT_LIMIT_REACHED']);
          },
          { timeout: 5_000, interval: 10 },
        ),
      ),
    );
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('that is a suspension applies to sign-in and to refreshing a token, in every process', async () => {
    const tenant = await provisionNamed(fleet, 'heard_tokens');
    const { refreshToken } = await fleet.signIn('heard_tokens');
    await suspend('heard_tokens');
    expect(await heardAfter(tenant, 'TENANT_SUSPENDED')).toBeLessThan(1_000);
    for (const graphql of processes) {
      expect((await login(graphql, 'heard_tokens')).codes).toEqual(['TENANT_SUSPENDED']);
      expect((await refresh(graphql, refreshToken)).codes).toEqual(['TENANT_SUSPENDED']);
    }
    await change('heard_tokens', { status: 'archived', isActive: false });
    expect(await heardAfter(tenant, 'TENANT_NOT_FOUND')).toBeLessThan(1_000);
    for (const graphql of processes) {
      expect((await login(graphql, 'heard_tokens')).codes).toEqual(['INVALID_CREDENTIALS']);
      expect((await refresh(graphql, refreshToken)).codes).toEqual(['TENANT_NOT_FOUND']);
    }
    await resume('heard_tokens');
    await heardAfter(tenant, undefined);
    expect((await refresh(fleet.graphql, refreshToken)).codes).toEqual([]);
  });

  it('leaves a request that runs its client until it ends, and then no connection', async () => {
    const tenant = await provisionNamed(fleet, 'heard_running');
    const { id } = await tenant.db.user.findFirstOrThrow({ select: { id: true } });
    const lock = await lockUser(tenant, id);
    const running = fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: {position: "Boss"}) { position } }',
      {
        token: tenant.token,
        variables: { id },
      },
    );
    await lock.waiters(1);
    await suspend('heard_running');
    expect(await heardAfter(tenant, 'TENANT_SUSPENDED')).toBeLessThan(1_000);
    await lock.release();
    expect((await running).data).toEqual({ updateUser: { position: 'Boss' } });
    await vi.waitFor(() =>
      expect(fleet.app.tenantClientStatistics()).toMatchObject({ draining: 0, leases: 0 }),
    );
    await tenant.db.$disconnect();
  });
});

describeWithRedis('what a process is not told', (redis) => {
  let fleet: TestFleet;
  let proxies: RedisProxy[] = [];
  const caches: SharedCache[] = [];

  beforeAll(async () => {
    fleet = await createTestFleet();
  });
  afterEach(async () => {
    await Promise.all(caches.splice(0).map((cache) => cache.close()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    proxies = [];
  });
  afterAll(() => fleet.close());

  /** A process whose Redis is behind a proxy of its own. */
  async function startProcess(freshSeconds = 300) {
    const proxy = await startRedisProxy(redis.url);
    proxies.push(proxy);
    const cache = createRedisCache({ url: proxy.url, tls: {} }, 300, logger);
    caches.push(cache);
    const directory = openDirectory(fleet.tools.central, cache, { freshSeconds, staleSeconds: 300 });
    const forgotten: (string | null)[] = [];
    directory.onInvalidated((tenantKey) => forgotten.push(tenantKey));
    // It has its subscription then.
    await vi.waitFor(() => expect(forgotten).toContain(null), { timeout: 5_000 });
    await vi.waitFor(async () => expect(await cache.health()).toBe('healthy'));
    return { proxy, cache, directory };
  }

  let count = 0;
  async function makeTenant(): Promise<string> {
    const tenantKey = `untold_${count++}`;
    await fleet.tools.central.tenant.create({
      data: {
        tenantKey,
        companyName: 'Company',
        dbHost: 'db',
        dbName: tenantKey,
        dbUser: tenantKey,
        dbPasswordEncrypted: 'v1.x',
        status: 'active',
        isActive: true,
      },
    });
    onTestFinished(async () => void (await fleet.tools.central.tenant.delete({ where: { tenantKey } })));
    return tenantKey;
  }
  const suspend = (tenantKey: string) =>
    fleet.tools.central.tenant.update({
      where: { tenantKey },
      data: { status: 'suspended', isActive: false },
    });
  const statusIn = async ({ directory }: { directory: TenantDirectory }, tenantKey: string) =>
    (await directory.find(tenantKey))?.status;
  const seenWithin = (milliseconds: number, directory: { directory: TenantDirectory }, tenantKey: string) =>
    vi.waitFor(async () => expect(await statusIn(directory, tenantKey)).toBe('suspended'), {
      timeout: milliseconds,
      interval: 20,
    });

  it('because its connection was cut, it learns when it is back', async () => {
    const [teller, listener] = [await startProcess(), await startProcess()];
    const tenantKey = await makeTenant();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    listener.proxy.cut();
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    expect(await statusIn(listener, tenantKey)).toBe('active');
    listener.proxy.restore();
    await seenWithin(3_000, listener, tenantKey);
  });

  it('because Redis itself has ended its subscription, it learns within a second', async () => {
    const [teller, listener] = [await startProcess(), await startProcess()];
    const tenantKey = await makeTenant();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    const administrator = new Redis(redis.url);
    onTestFinished(() => administrator.disconnect());
    // Those of this file's database: others are tested on the same server.
    const database = new URL(redis.url).pathname.slice(1);
    const subscribers = String(await administrator.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    const ids = [...subscribers.matchAll(new RegExp(`^id=(\\d+) .* db=${database} `, 'gm'))].map(
      ([, id]) => id,
    );
    expect(ids).toHaveLength(2);
    for (const id of ids) await administrator.call('CLIENT', 'KILL', 'ID', String(id));
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    await seenWithin(1_000, listener, tenantKey);
  });

  it('because its connection is dead and nobody has said so, it learns within five seconds', async () => {
    const [teller, listener] = [await startProcess(), await startProcess()];
    const tenantKey = await makeTenant();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    listener.proxy.silence();
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    // Only the connections of before stay dead.
    listener.proxy.restore();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    const started = performance.now();
    await seenWithin(5_000, listener, tenantKey);
    process.stdout.write(
      `a dead connection was noticed after ${Math.round(performance.now() - started)} ms\n`,
    );
  });

  it('because the teller could not reach Redis, it learns as soon as the teller can, with what Redis held', async () => {
    const [teller, listener, late] = [await startProcess(), await startProcess(), await startProcess()];
    const tenantKey = await makeTenant();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    teller.proxy.cut();
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    expect(await statusIn(teller, tenantKey)).toBe('suspended');
    // Redis still has what it had: who comes new believes it, for TENANT_DIRECTORY_CACHE_TTL at most.
    expect(await statusIn(late, tenantKey)).toBe('active');
    teller.proxy.restore();
    await Promise.all([seenWithin(4_000, listener, tenantKey), seenWithin(4_000, late, tenantKey)]);
    expect(await statusIn(await startProcess(), tenantKey)).toBe('suspended');
    expect(await statusIn(teller, tenantKey)).toBe('suspended');
  });

  it('because the teller died before it could reach Redis, it learns when the answer is no longer fresh', async () => {
    const [teller, listener] = [await startProcess(), await startProcess(2)];
    const tenantKey = await makeTenant();
    const readAt = performance.now();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    teller.proxy.cut();
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    await teller.cache.close();
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    // It reads from Redis what is 1.2 seconds old, and believes it for 0.8 more, not for 2.
    const late = await startProcess(2);
    expect(await statusIn(late, tenantKey)).toBe('active');
    await Promise.all([seenWithin(3_000, listener, tenantKey), seenWithin(3_000, late, tenantKey)]);
    expect(performance.now() - readAt).toBeLessThan(2_000 + 1_000);
  });

  it('while there is no Redis, it learns when the answer is no longer fresh', async () => {
    const [teller, listener] = [await startProcess(1), await startProcess(1)];
    const tenantKey = await makeTenant();
    expect(await statusIn(listener, tenantKey)).toBe('active');
    for (const proxy of proxies) proxy.cut();
    await suspend(tenantKey);
    await teller.directory.invalidate(tenantKey);
    await seenWithin(2_500, listener, tenantKey);
  });
});

describeWithRedis('a rotation while Redis is down', (redis) => {
  it('fails no request, since it waits for those who did not hear', async () => {
    const proxy = await startRedisProxy(redis.url);
    onTestFinished(() => proxy.close());
    const fleet = await createTestFleet({ REDIS_URL: proxy.url, TENANT_DIRECTORY_CACHE_TTL: '2' });
    onTestFinished(() => fleet.close());
    const tenant = await provisionNamed(fleet, 'deaf1');
    const processes = [fleet.graphql, fleet.startApp().graphql];
    const ask = async (graphql: GraphQLClient) =>
      expect((await graphql('{ me { username } }', { token: tenant.token })).errors).toEqual([]);
    await Promise.all(processes.map(ask));
    proxy.cut();
    let rotating = true;
    const asking = processes.map(async (graphql) => {
      while (rotating) await ask(graphql);
    });
    const outcome = await rotateCredentials(fleet.tools, 'deaf1', {
      purpose: 'application',
      graceSeconds: 4,
      drainSeconds: 30,
    }).finally(() => {
      rotating = false;
    });
    await Promise.all(asking);
    expect(outcome).toMatchObject({ terminated: 0, old: { canSignIn: false, sessions: 0 } });
  }, 60_000);
});
