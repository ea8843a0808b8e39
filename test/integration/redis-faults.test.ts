import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createRedisCache } from '../../src/cache/redis-cache.ts';
import { createLocalCache, type SharedCache } from '../../src/cache/shared-cache.ts';
import { createCentralClient } from '../../src/db/central-client.ts';
import { checkHealth } from '../../src/http/health.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { startRedisServer } from '../../tools/support/redis-server.ts';
import { createCentralDatabase } from '../support/central-database.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';

const logger = createLogger({ level: 'silent', format: 'json' });

// Redis may be a container or an existing server; then there is no redis-server here for the tests to break.
const servers = [await startRedisServer(), await startRedisServer()].filter((server) => server !== null);

const [url = '', otherUrl = ''] = servers.map((server) => server.url);

describe.skipIf(servers.length < 2)('a Redis that', () => {
  let admin: Redis;

  beforeAll(() => {
    admin = new Redis(url);
  });
  beforeEach(async () => {
    await admin.replicaof('NO', 'ONE');
    await admin.config('SET', 'maxmemory', '0');
    await admin.flushall();
    await setUser('~*', '&*', '+@all');
  });
  afterAll(async () => {
    admin.disconnect();
    await Promise.all(servers.map(({ stop }) => stop()));
  });

  const portOf = (redisUrl: string) => Number(new URL(redisUrl).port);
  const setUser = (...rules: string[]) =>
    admin.call('ACL', 'SETUSER', 'cxg', 'reset', 'on', '>secret', ...rules);
  const limited = (password = 'secret', port = portOf(url)) => `redis://cxg:${password}@127.0.0.1:${port}`;

  function open(redisUrl: string): SharedCache {
    const cache = createRedisCache({ url: redisUrl, tls: {} }, 300, logger);
    onTestFinished(() => cache.close());
    return cache;
  }

  const isHealthy = (cache: SharedCache) =>
    vi.waitFor(async () => expect(await cache.health()).toBe('healthy'), { timeout: 5_000 });
  const isFaulty = (cache: SharedCache, fault: string) =>
    vi.waitFor(
      async () => {
        expect(await cache.health()).toBe('unhealthy');
        expect(cache.fault()).toBe(fault);
      },
      { timeout: 5_000 },
    );

  /** Collects what another process hears. */
  async function listen(redisUrl: string): Promise<(string | null)[]> {
    const cache = open(redisUrl);
    await isHealthy(cache);
    const heard: (string | null)[] = [];
    cache.onInvalidated((key) => heard.push(key));
    return heard;
  }

  test('was made a replica is left for the one that has its place now', async () => {
    const proxy = await startDatabaseProxy(portOf(url));
    onTestFinished(() => proxy.close());
    const cache = open(`redis://127.0.0.1:${proxy.port}`);
    await isHealthy(cache);
    // Open connections stay with the old server until somebody closes them.
    proxy.aimAt(portOf(otherUrl));
    await admin.replicaof('127.0.0.1', portOf(otherUrl));
    const heard = await listen(otherUrl);
    await cache.invalidate('tenant:acme01');
    await vi.waitFor(() => expect(heard).toContain('tenant:acme01'), { timeout: 4_000 });
    await isHealthy(cache);
  });

  test('stays a replica is degraded for that reason, and told what it missed when it no longer is', async () => {
    const cache = open(url);
    const heard = await listen(url);
    await admin.replicaof('127.0.0.1', portOf(otherUrl));
    await isFaulty(cache, 'read_only');
    await cache.invalidate('tenant:acme01');
    expect(heard).not.toContain('tenant:acme01');
    await admin.replicaof('NO', 'ONE');
    await vi.waitFor(() => expect(heard).toContain('tenant:acme01'), { timeout: 4_000 });
    await isHealthy(cache);
  });

  test.each([
    ['the channel', ['~*', 'resetchannels', '+@all']],
    ['a command', ['~*', '&*', '+@all', '-incr']],
    ['scripts', ['~*', '&*', '+@all', '-eval']],
    ['a command that scripts need', ['~*', '&*', '+@all', '-hset']],
    ['a key', ['~cxg:entry:*', '&*', '+@all']],
  ])('keeps %s from its user is degraded, until it does not', async (_what, rules) => {
    const cache = open(limited());
    await isHealthy(cache);
    await setUser(...rules);
    await isFaulty(cache, 'no_permission');
    await setUser('~*', '&*', '+@all');
    await isHealthy(cache);
  });

  test('keeps the channel from its user forgets what was changed nevertheless, and tells when it may', async () => {
    const heard = await listen(url);
    await setUser('~*', 'resetchannels', '+@all');
    const cache = open(limited());
    await isFaulty(cache, 'no_permission');
    await admin.hset('cxg:entry:k', { value: 'old', at: '0' });
    await cache.invalidate('k');
    expect(await admin.hgetall('cxg:entry:k')).toEqual({});
    await setUser('~*', '&*', '+@all');
    await vi.waitFor(() => expect(heard).toContain('k'), { timeout: 4_000 });
  });

  test('could not be told of a change is neither believed about it nor given what may be outdated', async () => {
    await setUser('~*', 'resetchannels', '+@all');
    const cache = open(limited());
    await isFaulty(cache, 'no_permission');
    await cache.invalidate('k');
    await cache.write('k', 'old', (await admin.get('cxg:revision:k')) ?? '');
    expect(await admin.exists('cxg:entry:k')).toBe(0);
    // Like another process that has not heard of the change.
    await admin.hset('cxg:entry:k', { value: 'old', at: '0' });
    expect(await cache.read('k')).toMatchObject({ value: null });
  });

  test.each([
    ['a word', () => admin.set('cxg:revision:tenant:acme01', 'poison')],
    ['a list', () => admin.rpush('cxg:revision:tenant:acme01', 'poison')],
    ['the greatest count', () => admin.set('cxg:revision:tenant:acme01', '9223372036854775807')],
  ])('has %s in place of a revision goes on counting, and tells once', async (_what, poison) => {
    const cache = open(url);
    await isHealthy(cache);
    const heard = await listen(url);
    await poison();
    const outdated = await cache.read('tenant:acme01').catch(() => null);
    await cache.invalidate('tenant:acme01');
    await cache.invalidate('tenant:beta02');
    await vi.waitFor(() => expect(heard).toContain('tenant:beta02'));
    expect(heard.filter((key) => key === 'tenant:acme01')).toHaveLength(1);
    const { revision } = await cache.read('tenant:acme01');
    expect(revision).toMatch(/^\d+$/);
    expect(revision).not.toBe(outdated?.revision);
  });

  test('gives its user the rights of the operations guide is healthy', async () => {
    const guide = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const rules = /^ACL SETUSER cxg on >\S+ (.+)$/m.exec(guide)?.[1]?.split(' ') ?? [];
    await setUser(...rules);
    await isHealthy(open(limited()));
  });

  test('is out of memory is degraded, and changes are heard all the same', async () => {
    const heard = await listen(url);
    const cache = open(url);
    await isHealthy(cache);
    await admin.config('SET', 'maxmemory', '1');
    await isFaulty(cache, 'out_of_memory');
    await cache.invalidate('tenant:acme01');
    await vi.waitFor(() => expect(heard).toContain('tenant:acme01'));
  });

  test('knows another password is degraded for that reason', async () => {
    await isFaulty(open(limited('wrong')), 'authentication_failed');
  });

  test('is not there is degraded for that reason, also when it was read-only before', async () => {
    const proxy = await startDatabaseProxy(portOf(url));
    onTestFinished(() => proxy.close());
    const cache = open(`redis://127.0.0.1:${proxy.port}`);
    await isHealthy(cache);
    await admin.replicaof('127.0.0.1', portOf(otherUrl));
    await isFaulty(cache, 'read_only');
    await proxy.close();
    await isFaulty(cache, 'unreachable');
  });

  test('is degraded shows so, and why, in the health report', async () => {
    const database = await createCentralDatabase(`health_${randomUUID()}`);
    const central = createCentralClient(database.applicationUrl, () => {});
    onTestFinished(async () => {
      await central.$disconnect();
      await database.drop();
    });
    const pool = { kept: 0, draining: 0, leases: 0, built: 0 };
    await setUser('~*', 'resetchannels', '+@all');
    const cache = open(limited());
    await isFaulty(cache, 'no_permission');
    const checks = { central_admin_db: 'healthy', tenant_connections: 0 };
    expect(await checkHealth(central, cache, pool, logger)).toEqual({
      status: 'degraded',
      checks: { ...checks, redis: 'unhealthy', redis_fault: 'no_permission' },
    });
    expect(await checkHealth(central, createLocalCache(), pool, logger)).toEqual({
      status: 'healthy',
      checks: { ...checks, redis: 'absent' },
    });
  });
});
