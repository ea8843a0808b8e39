import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Prisma } from '../../src/generated/central/client.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { addManager } from '../support/people.ts';
import { describeWithRedis } from '../support/redis.ts';
import { recordStatements } from '../support/statements.ts';

const freshSeconds = 2;

describeWithRedis('somebody who writes to Redis', (redis) => {
  let fleet: TestFleet;
  let acme: NamedTenant;
  let beta: NamedTenant;
  let managerToken: string;
  let stranger: Redis;

  beforeAll(async () => {
    fleet = await createTestFleet({ REDIS_URL: redis.url, TENANT_DIRECTORY_CACHE_TTL: String(freshSeconds) });
    [acme, beta] = [await provisionNamed(fleet, 'acme01'), await provisionNamed(fleet, 'beta02')];
    managerToken = (await addManager(fleet, 'acme01')).token;
    stranger = new Redis(redis.url);
  });
  afterAll(async () => {
    stranger.disconnect();
    await fleet.close();
  });
  beforeEach(async () => {
    // The stored entries are fresh in each test.
    for (const tenantKey of ['acme01', 'beta02']) await fleet.tools.invalidate(tenantKey);
    const ask = await startProcess();
    for (const { token } of [acme, beta]) await namesSeen(ask, token);
    await vi.waitFor(async () => expect(await stored('acme01')).not.toBe(''));
  });

  const entry = (tenantKey: string) => `cxg:entry:tenant:${tenantKey}`;
  const stored = async (tenantKey: string) => (await stranger.hget(entry(tenantKey), 'value')) ?? '';
  /** Stores an entry with an age that makes it look new. */
  const store = (tenantKey: string, value: string) =>
    stranger.hset(entry(tenantKey), { value, at: Date.now() / 1_000 });
  /** Starts a process that knows only what is in Redis and in the central database. */
  async function startProcess(): Promise<GraphQLClient> {
    const { app, graphql } = fleet.startApp();
    // It works without Redis until it has reached it.
    await vi.waitFor(async () => {
      expect((await app.fetch(new Request('http://api.test/health/detailed'))).status).toBe(200);
    });
    return graphql;
  }

  async function namesSeen(ask: GraphQLClient, token: string): Promise<unknown> {
    const { data, codes } = await ask('{ users { edges { node { fullName } } } }', { token });
    return codes[0] ?? data.users.edges.map(({ node }: { node: { fullName: string } }) => node.fullName);
  }

  const change = async (data: Prisma.TenantUpdateInput) => {
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'acme01' }, data });
    await fleet.tools.invalidate('acme01');
  };

  /** An entry as it was before there were seals, and the stored one with changed content. */
  const forgeries = async (changes: Readonly<Record<string, unknown>>) => {
    const { dbOwnerUser, dbOwnerPasswordEncrypted, ...row } =
      await fleet.tools.central.tenant.findUniqueOrThrow({
        where: { tenantKey: 'acme01' },
      });
    const [, version, code, text = ''] = /^(v1)\.([^.]+)\.(.*)$/s.exec(await stored('acme01')) ?? [];
    const { tenant, ...more } = JSON.parse(text);
    return [
      JSON.stringify({ ...row, ...changes }),
      `${version}.${code}.${JSON.stringify({ tenant: { ...tenant, ...changes }, ...more })}`,
    ];
  };

  it('leads nobody into another tenant by its entry', async () => {
    await store('acme01', await stored('beta02'));
    expect(await namesSeen(await startProcess(), managerToken)).toEqual(['Administrator of acme01']);
    const { id, dbName, dbUser, dbPasswordEncrypted } = await fleet.tools.central.tenant.findUniqueOrThrow({
      where: { tenantKey: 'beta02' },
    });
    for (const forgery of await forgeries({ id, tenantKey: 'beta02', dbName, dbUser, dbPasswordEncrypted })) {
      await store('acme01', forgery);
      expect(await namesSeen(await startProcess(), managerToken)).toEqual(['Administrator of acme01']);
    }
  });

  it('gets no connection to a server of their own', async () => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void listener.close());
    const address = listener.address();
    const dbPort = typeof address === 'object' ? address?.port : undefined;
    for (const forgery of await forgeries({ dbHost: '127.0.0.1', dbPort })) {
      await store('acme01', forgery);
      expect(await namesSeen(await startProcess(), acme.token)).toEqual(['Administrator of acme01']);
    }
    expect(connections).toBe(0);
  });

  it('neither closes a tenant nor opens one', async () => {
    for (const forgery of await forgeries({ status: 'archived' })) {
      await store('acme01', forgery);
      expect(await namesSeen(await startProcess(), acme.token)).toEqual(['Administrator of acme01']);
    }
    await change({ status: 'suspended', isActive: false });
    onTestFinished(() => change({ status: 'active', isActive: true }));
    expect(await namesSeen(await startProcess(), acme.token)).toBe('TENANT_SUSPENDED');
    for (const forgery of await forgeries({ status: 'active' })) {
      await store('acme01', forgery);
      expect(await namesSeen(await startProcess(), acme.token)).toBe('TENANT_SUSPENDED');
    }
  });

  it('can’t bring back to a process what it was told is over', async () => {
    const ask = await startProcess();
    expect(await namesSeen(ask, acme.token)).toEqual(['Administrator of acme01']);
    const old = await stored('acme01');
    await change({ status: 'suspended', isActive: false });
    onTestFinished(() => change({ status: 'active', isActive: true }));
    await vi.waitFor(async () => expect(await namesSeen(ask, acme.token)).toBe('TENANT_SUSPENDED'));
    await store('acme01', old);
    await stranger.publish('cxg:invalidated', 'tenant:acme01');
    for (let time = 0; time < 5; time++) {
      expect(await namesSeen(ask, acme.token)).toBe('TENANT_SUSPENDED');
      await store('acme01', old);
    }
  });

  it('can’t make an old entry new', async () => {
    const old = await stored('acme01');
    await change({ status: 'suspended', isActive: false });
    onTestFinished(() => change({ status: 'active', isActive: true }));
    await new Promise((resolve) => setTimeout(resolve, freshSeconds * 1_000));
    await store('acme01', old);
    await stranger.hset(entry('acme01'), 'at', Date.now() / 1_000 + 3_600);
    expect(await namesSeen(await startProcess(), acme.token)).toBe('TENANT_SUSPENDED');
  });

  it('is reported, once and not for every request', async () => {
    const own = await createTestFleet({ REDIS_URL: redis.url });
    onTestFinished(() => own.close());
    await provisionNamed(own, 'gamma03');
    for (let time = 0; time < 5; time++) {
      await own.tools.invalidate('gamma03');
      await store('gamma03', await stored('beta02'));
      await own.signIn('gamma03');
    }
    const reports = own.log.filter((line) => line.includes('DIRECTORY_ENTRY_FORGED'));
    expect(reports).toHaveLength(1);
    expect(JSON.parse(reports[0] ?? '')).toMatchObject({ level: 'warn', tenantKey: 'gamma03' });
  });

  it('costs the central database next to nothing by telling of changes that there are not', async () => {
    const ask = await startProcess();
    await namesSeen(ask, acme.token);
    const lookUps = await recordStatements(async () => {
      for (let time = 0; time < 2_000; time++) await stranger.publish('cxg:invalidated', 'tenant:acme01');
      expect(await namesSeen(ask, acme.token)).toEqual(['Administrator of acme01']);
    });
    // Every process of this fleet and of these tests hears of the changes.
    expect(lookUps.filter((statement) => statement.includes('"tenants"')).length).toBeLessThan(200);
  });
});
