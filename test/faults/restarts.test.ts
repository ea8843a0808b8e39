import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startRedisServer } from '../../tools/support/redis-server.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import {
  count as countAnswer,
  createLoadTenants,
  createTally,
  describeTally,
  type LoadTenants,
  readOwnName,
  type Tally,
  writePosition,
} from '../support/load-tenants.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

const tenantCount = 5;

/** Load that goes on until it is stopped, and remembers when each failed request began and ended. */
interface Load {
  readonly tally: Tally;
  readonly failures: { readonly begun: number; readonly ended: number; readonly codes: readonly string[] }[];
  stop(): Promise<void>;
}

/** As src/db/connections has it: how long requests wait for a server that restarts, and probes for another try. */
const patience = 1_500;
const longestPause = 1_500;

const mostRequests = 50_000;

function startLoad(graphql: GraphQLClient, loadTenants: LoadTenants): Load {
  const tally = createTally();
  const failures: { begun: number; ended: number; codes: readonly string[] }[] = [];
  let going = true;
  const senders = loadTenants.all.flatMap((loadTenant) =>
    [0, 1, 2, 3].map(async (sender) => {
      for (let turn = 0; going && turn < mostRequests / tenantCount; turn++) {
        const begun = performance.now();
        const { codes } = await countAnswer(tally, loadTenant, () =>
          turn % 4 === sender ? writePosition(graphql, loadTenant, 'x') : readOwnName(graphql, loadTenant),
        );
        if (codes.length > 0) failures.push({ begun, ended: performance.now(), codes });
        await delay(5);
      }
    }),
  );
  return {
    tally,
    failures,
    async stop() {
      going = false;
      await Promise.all(senders);
    },
  };
}

describe('PostgreSQL', () => {
  let postgres: OwnPostgres;
  let fleet: TestFleet;
  let server: DatabaseServer;
  let loadTenants: LoadTenants;

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    fleet = await createTestFleet({ TENANT_ADMIN_DATABASE_URL: postgres.superuserUrl });
    server = connectToDatabaseServer(postgres.superuserUrl);
    loadTenants = await createLoadTenants(fleet, server, 'rest', tenantCount);
  });
  afterAll(async () => {
    await fleet.app.close();
    await loadTenants.remove();
    await server.close();
    await fleet.close();
    await postgres.remove();
  });

  it.each(['orderly', 'killed'] as const)(
    'restarted under load (%s) fails only what is under way while it is gone, retryably, and needs no restart of ours',
    async (how) => {
      const load = startLoad(fleet.graphql, loadTenants);
      await delay(3_000);
      expect(load.failures).toEqual([]);
      const stoppedAt = performance.now();
      await postgres.stop(how);
      // Until then it went on taking requests on the connections that it had.
      const endedAt = performance.now();
      await postgres.start();
      const startedAt = performance.now();
      await delay(8_000);
      await load.stop();
      const gone = startedAt - endedAt;
      const meanwhile = load.failures.filter(({ begun }) => begun > endedAt && begun <= startedAt);
      const late = load.failures.filter(({ begun }) => begun > startedAt);
      process.stdout.write(
        `PostgreSQL restarted (${how}): ${describeTally(load.tally)}; of these under way until it had ended: ` +
          `${load.failures.length - meanwhile.length - late.length}, begun in the ${gone.toFixed(0)} ms until it was ` +
          `back: ${meanwhile.length}, and afterwards: ${late.length}\n`,
      );
      expect(fleet.log.filter((line) => line.includes('failed unexpectedly'))).toEqual([]);
      expect(load.tally).toMatchObject({ wrongTenant: 0, notRetryable: 0 });
      expect(load.failures.filter(({ ended }) => ended < stoppedAt)).toEqual([]);
      expect(late.filter(({ begun }) => begun > startedAt + longestPause)).toEqual([]);
      if (gone < patience) expect(meanwhile.concat(late)).toEqual([]);
    },
  );
});

describe('Redis', () => {
  it('killed and started again under load fails no request', async ({ skip }) => {
    const redis = await startRedisServer();
    if (redis === null) return skip('There is no redis-server on PATH.');
    let again: RedisServer | null = null;
    const fleet = await createTestFleet({ REDIS_URL: redis.url, SESSION_CACHE_TTL: '1' });
    const server = connectToDatabaseServer();
    const loadTenants = await createLoadTenants(fleet, server, 'redi', tenantCount);
    try {
      const load = startLoad(fleet.graphql, loadTenants);
      await delay(2_000);
      await redis.kill();
      await delay(3_000);
      again = await startRedisServer(Number(new URL(redis.url).port));
      await delay(3_000);
      await load.stop();
      process.stdout.write(`Redis killed and started again: ${describeTally(load.tally)}\n`);
      expect(load.tally.sent).toBeGreaterThan(100);
      expect(load.tally).toMatchObject({ failed: 0, wrongTenant: 0 });
    } finally {
      await fleet.app.close();
      await loadTenants.remove();
      await server.close();
      await fleet.close();
      await Promise.all([redis.stop(), again?.stop()]);
    }
  });
});
