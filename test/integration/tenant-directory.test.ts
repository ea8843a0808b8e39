import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedisCache } from '../../src/cache/redis-cache.ts';
import { createLocalCache, type SharedCache } from '../../src/cache/shared-cache.ts';
import { type CentralClient, createCentralClient } from '../../src/db/central-client.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { ServiceUnavailableError } from '../../src/errors/index.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { centralMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';
import { openDirectory } from '../support/directories.ts';
import { describeWithRedis } from '../support/redis.ts';
import { recordStatements } from '../support/statements.ts';

const logger = createLogger({ level: 'silent', format: 'json' });
const times = { freshSeconds: 30, staleSeconds: 300 };

let database: TestDatabase;
let central: CentralClient;
const open: SharedCache[] = [];

beforeAll(async () => {
  database = await createEmptyDatabase();
  await applyMigrations(database.connection, centralMigrationsFolder);
  central = createCentralClient(database.url, () => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((cache) => cache.close()));
});
afterAll(async () => {
  await central.$disconnect();
  await database.drop();
});

async function addTenant(): Promise<string> {
  const tenantKey = `t${randomBytes(6).toString('hex')}`;
  await central.tenant.create({
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
  return tenantKey;
}

const suspend = (tenantKey: string) =>
  central.tenant.update({ where: { tenantKey }, data: { status: 'suspended', isActive: false } });

const lookUpsDuring = async (work: () => Promise<unknown>) =>
  (await recordStatements(work)).filter((statement) => statement.includes('tenants')).length;

describe('the tenant directory', () => {
  const create = (more: Partial<typeof times> = {}) =>
    openDirectory(central, createLocalCache(), { ...times, ...more });

  it('asks the central database once for requests that arrive together, and not again while the answer is fresh', async () => {
    const tenantKey = await addTenant();
    const directory = create();
    const lookUps = await lookUpsDuring(async () => {
      const found = await Promise.all(Array.from({ length: 20 }, () => directory.find(tenantKey)));
      expect(found.every((tenant) => tenant?.tenantKey === tenantKey)).toBe(true);
      await directory.find(tenantKey);
    });
    expect(lookUps).toBe(1);
  });

  it('sees a change at once when it is told, and by itself when the answer is no longer fresh', async () => {
    const tenantKey = await addTenant();
    const told = create();
    const untold = create({ freshSeconds: 0.05 });
    await Promise.all([told.find(tenantKey), untold.find(tenantKey)]);
    await suspend(tenantKey);
    await told.invalidate(tenantKey);
    expect((await told.find(tenantKey))?.status).toBe('suspended');
    await vi.waitFor(async () => expect((await untold.find(tenantKey))?.status).toBe('suspended'));
  });

  it('remembers briefly that a tenant does not exist, and learns of a new one at once when told', async () => {
    const directory = create();
    expect(await lookUpsDuring(() => directory.find('nobody1').then(() => directory.find('nobody1')))).toBe(
      1,
    );
    const tenantKey = await addTenant();
    const early = create();
    await early.find(tenantKey);
    await central.tenant.delete({ where: { tenantKey } });
    await early.invalidate(tenantKey);
    expect(await early.find(tenantKey)).toBeNull();
  });

  it.each(['', 'A', `x'; --`, 'a'.repeat(300), '__proto__', 'tenant:acme01'])(
    'does not ask anybody about the key %j',
    async (key) => {
      const directory = create();
      expect(await lookUpsDuring(async () => expect(await directory.find(key)).toBeNull())).toBe(0);
    },
  );

  it('lets nobody join a look-up that began before an invalidation', async () => {
    const tenantKey = await addTenant();
    const directory = create();
    const original = central.tenant.findUnique.bind(central.tenant);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const row = await original({ where: { tenantKey }, include: { configs: true, dataKeys: true } });
    vi.spyOn(central.tenant, 'findUnique').mockImplementationOnce(
      // The slow look-up has read the row from before the suspension.
      (() => held.then(() => row)) as never,
    );
    const slow = directory.find(tenantKey);
    await vi.waitFor(() => expect(central.tenant.findUnique).toHaveBeenCalled());
    await suspend(tenantKey);
    await directory.invalidate(tenantKey);
    const fresh = await directory.find(tenantKey);
    letGo();
    await slow;
    expect(fresh?.status).toBe('suspended');
    expect((await directory.find(tenantKey))?.status).toBe('suspended');
  });

  it('goes on with what it knows while the central database is out of reach, and fails clearly for what it does not', async () => {
    const tenantKey = await addTenant();
    const unreachable = createCentralClient('postgresql://x:x@127.0.0.1:1/x', () => {});
    const directory = create({ freshSeconds: 0 });
    await directory.find(tenantKey);
    vi.spyOn(central.tenant, 'findUnique').mockImplementation(unreachable.tenant.findUnique as never);
    expect((await directory.find(tenantKey))?.tenantKey).toBe(tenantKey);
    await expect(directory.find('unknown1')).rejects.toThrow(ServiceUnavailableError);
    await unreachable.$disconnect();
  });
});

describeWithRedis('the tenant directory with Redis', (redis) => {
  const share = (ttlSeconds = 300) => {
    const cache = createRedisCache({ url: redis.url, tls: {} }, ttlSeconds, logger);
    open.push(cache);
    return cache;
  };
  const ready = (cache: SharedCache) => vi.waitFor(async () => expect(await cache.health()).toBe('healthy'));

  it('shares answers between processes, and none of them asks the central database again', async () => {
    const tenantKey = await addTenant();
    const [one, two] = [share(), share()];
    await Promise.all([ready(one), ready(two)]);
    await openDirectory(central, one, times).find(tenantKey);
    const lookUps = await lookUpsDuring(async () => {
      const found = await openDirectory(central, two, times).find(tenantKey);
      expect(found?.companyName).toBe('Company');
    });
    expect(lookUps).toBe(0);
  });

  it('tells every process of a change within a second', async () => {
    const tenantKey = await addTenant();
    const [one, two] = [share(), share()];
    await Promise.all([ready(one), ready(two)]);
    const [here, there] = [openDirectory(central, one, times), openDirectory(central, two, times)];
    // Until the other's subscription stands, a message would be lost on it.
    await vi.waitFor(async () => {
      await here.invalidate('probe1');
      await there.find(tenantKey);
    });
    await Promise.all([here.find(tenantKey), there.find(tenantKey)]);
    await suspend(tenantKey);
    await here.invalidate(tenantKey);
    await vi.waitFor(async () => expect((await there.find(tenantKey))?.status).toBe('suspended'), {
      timeout: 1_000,
    });
  });

  it('does not let a slow loader store what an invalidation has overtaken', async () => {
    const cache = share();
    await ready(cache);
    const key = `slow-${randomBytes(4).toString('hex')}`;
    const { revision } = await cache.read(key);
    await cache.invalidate(key);
    await cache.write(key, 'old', revision);
    expect((await cache.read(key)).value).toBeNull();
    await cache.write(key, 'new', (await cache.read(key)).revision);
    expect((await cache.read(key)).value).toBe('new');
  });

  it('forgets a value after the time it was given', async () => {
    const cache = share(1);
    await ready(cache);
    await cache.write('short-lived', 'value', (await cache.read('short-lived')).revision);
    expect((await cache.read('short-lived')).value).toBe('value');
    await vi.waitFor(async () => expect((await cache.read('short-lived')).value).toBeNull(), {
      timeout: 3_000,
    });
  });

  it('looks into the central database when what Redis holds makes no sense', async () => {
    const tenantKey = await addTenant();
    const cache = share();
    await ready(cache);
    for (const nonsense of ['not json', '{}', 'null', '[]']) {
      await cache.write(`tenant:${tenantKey}`, nonsense, (await cache.read(`tenant:${tenantKey}`)).revision);
      const directory = openDirectory(central, cache, times);
      expect((await directory.find(tenantKey))?.tenantKey).toBe(tenantKey);
    }
  });
});

describe('the shared cache without its Redis', () => {
  it('finds nothing, loses writes, and neither fails nor holds up a request', async () => {
    const cache = createRedisCache({ url: 'redis://127.0.0.1:1', tls: {} }, 300, logger);
    open.push(cache);
    const started = performance.now();
    await cache.write('key', 'value', (await cache.read('key')).revision);
    await cache.invalidate('key');
    expect((await cache.read('key')).value).toBeNull();
    expect(await cache.health()).toBe('unhealthy');
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
