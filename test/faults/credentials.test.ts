import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createRedisCache } from '../../src/cache/redis-cache.ts';
import type { SharedCache } from '../../src/cache/shared-cache.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { type RotationTools, rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { invalidateTenant } from '../../src/tenancy/tenant-directory.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { createGraphQLClient, type GraphQLClient } from '../support/graphql-client.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { describeWithRedis } from '../support/redis.ts';
import { type RunningProcess, startScript } from '../support/run-script.ts';
import { describeLoad, startSteadyLoad } from '../support/steady-load.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const portSchema = z.coerce.number().int();

describeWithRedis('two server processes under 200 requests a second', (redis) => {
  let fleet: TestFleet;
  let servers: RunningProcess[];
  let clients: GraphQLClient[];
  let tenants: NamedTenant[];
  let cache: SharedCache;
  let tools: RotationTools;
  let proxy: TcpProxy;
  let postgres: pg.Client;

  beforeAll(async () => {
    fleet = await createTestFleet({
      REDIS_URL: redis.url,
      TENANT_DIRECTORY_CACHE_TTL: '5',
      TENANT_CONNECTION_TIMEOUT: '30',
    });
    servers = [1, 2].map(() =>
      startScript('src/main.ts', {
        ...fleet.environment,
        LOG_LEVEL: 'info',
        API_PORT: '0',
        API_HOST: '127.0.0.1',
      }),
    );
    clients = await Promise.all(servers.map(connect));
    tenants = [await provisionNamed(fleet, 'changes1'), await provisionNamed(fleet, 'stays1')];
    cache = createRedisCache(
      { url: redis.url, tls: {} },
      300,
      createLogger({ level: 'silent', format: 'json' }),
    );
    tools = { ...fleet.tools, invalidate: (tenantKey: string) => invalidateTenant(cache, tenantKey) };
    const { host, port } = fleet.tools.tenantAdminDatasource;
    proxy = await startTcpProxy(host, port);
    postgres = new pg.Client({ connectionString: inject('postgresUrl') });
    await postgres.connect();
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGTERM')));
    await cache.close();
    await postgres.end();
    await fleet.close();
    await proxy.close();
  });

  it('fail none while a tenant is rotated four times, and moved there and back, and its owner rotated', async () => {
    const load = startSteadyLoad(200, async (turn) => {
      const client = clients[turn % clients.length];
      const tenant = tenants[Math.floor(turn / clients.length) % tenants.length];
      if (client && tenant) await askForName(client, tenant);
    });
    const left: string[] = [];
    try {
      const { dbHost, dbPort } = await fleet.tools.central.tenant.findUniqueOrThrow({
        where: { tenantKey: 'changes1' },
      });
      for (const place of [
        { dbHost: '127.0.0.1', dbPort: proxy.port },
        { dbHost, dbPort },
      ]) {
        for (let time = 0; time < 2; time++) {
          const { from, terminated, old } = await rotateCredentials(tools, 'changes1', {
            purpose: 'application',
            graceSeconds: 7,
            drainSeconds: 60,
          });
          expect({ terminated, old }).toEqual({ terminated: 0, old: { canSignIn: false, sessions: 0 } });
          const { rowCount } = await postgres.query('SELECT FROM pg_stat_activity WHERE usename = $1', [
            from,
          ]);
          left.push(`${from}: ${rowCount}`);
        }
        await moveTenant(tools, 'changes1', place);
      }
      await rotateCredentials(tools, 'changes1', { purpose: 'owner', graceSeconds: 1, drainSeconds: 30 });
    } finally {
      const result = await load.stop();
      process.stdout.write(describeLoad('four rotations and two moves, two server processes', result));
      process.stdout.write(`sessions left of ${left.join(', ')}\n`);
      expect(result.failures).toEqual({});
    }
  });
});

/** A client of a server process, over its port. */
async function connect(server: RunningProcess): Promise<GraphQLClient> {
  const [, port] = await server.waitFor(/"port":(\d+)/);
  const base = `http://127.0.0.1:${portSchema.parse(port)}`;
  return createGraphQLClient(async (request) => {
    const { pathname } = new URL(request.url);
    return fetch(`${base}${pathname}`, {
      method: request.method,
      headers: request.headers,
      body: await request.text(),
    });
  });
}
