import pMap from 'p-map';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { rotateFleet } from '../../src/tenancy/rotation/rotate-fleet.ts';
import { describeWithPgBouncer } from '../support/describe-with-pgbouncer.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { describeLoad, type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts';

const tenantCount = 12;
const poolSize = 2;
const perSecond = 100;
const roundMilliseconds = 10_000;

const countSchema = z.tuple([z.object({ count: z.int() })]);

describeWithPgBouncer(`${tenantCount} tenants and two servers that keep 4 clients each`, (program) => {
  const superuser = parseDatasourceUrl(inject('postgresUrl'));
  let fleet: TestFleet;
  let tenants: NamedTenant[];
  let pooler: PgBouncer;
  let server: pg.Pool;
  let clients: TestFleet['graphql'][];

  beforeAll(async () => {
    const few = {
      TENANT_CLIENT_CAPACITY: '4',
      TENANT_DIRECTORY_CACHE_TTL: '2',
      TENANT_CONNECTION_TIMEOUT: '30',
    };
    fleet = await createTestFleet(few);
    clients = [fleet.graphql, fleet.startApp().graphql];
    tenants = await pMap(
      Array.from({ length: tenantCount }, (_, index) => `pooled${String(index).padStart(2, '0')}`),
      (tenantKey) => provisionNamed(fleet, tenantKey),
      { concurrency: 4 },
    );
    pooler = await startPgBouncer(program, superuser, { default_pool_size: poolSize });
    server = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1 });
  });
  afterAll(async () => {
    await server.end();
    await pooler.stop();
    const { host, port } = fleet.tools.tenantAdminDatasource;
    await fleet.tools.central.tenant.updateMany({
      data: { dbHost: host, dbPort: port, dbDirectHost: null, dbDirectPort: null },
    });
    await fleet.close();
  });

  const load = (): SteadyLoad =>
    startSteadyLoad(perSecond, async (turn) => {
      const client = clients[turn % clients.length];
      const tenant = tenants[Math.floor(turn / clients.length) % tenants.length];
      if (client && tenant) await askForName(client, tenant);
    });

  /** The most sessions that the tenants' roles have had, seen every 100 ms. */
  function watchSessions(): { stop(): number } {
    let most = 0;
    const timer = setInterval(async () => {
      const { rows } = await server.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename LIKE 't\\_pooled%'`,
      );
      most = Math.max(most, countSchema.parse(rows)[0].count);
    }, 100);
    return {
      stop() {
        clearInterval(timer);
        return most;
      },
    };
  }

  const moveAll = (isPooled: boolean, some: readonly NamedTenant[] = tenants) => {
    const { host, port } = fleet.tools.tenantAdminDatasource;
    const place = isPooled
      ? { dbHost: pooler.host, dbPort: pooler.port, dbDirectHost: host, dbDirectPort: port }
      : { dbHost: host, dbPort: port, dbDirectHost: null };
    return pMap(some, ({ tenantKey }) => moveTenant(fleet.tools, tenantKey, place), { concurrency: 4 });
  };

  /** Runs `work` under load, and prints figures. @returns what failed. */
  async function underLoad(title: string, work: () => Promise<unknown>) {
    const running = load();
    const sessions = watchSessions();
    try {
      await work();
    } finally {
      const result = await running.stop();
      process.stdout.write(describeLoad(`${title}, at most ${sessions.stop()} sessions`, result));
      expect(result.failures).toEqual({});
    }
  }

  it('fail no request while all are moved to PgBouncer, served, rotated there, and moved back', async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, roundMilliseconds));
    await underLoad('direct', pause);
    await underLoad('moved to PgBouncer', () => moveAll(true));
    await underLoad('behind PgBouncer', pause);
    const options = {
      purpose: 'application',
      tenantKeys: tenants.map(({ tenantKey }) => tenantKey),
      batchSize: tenantCount,
      concurrency: 4,
      maximumFailureRate: 0,
      skipRotatedSince: null,
      graceSeconds: 4,
      drainSeconds: 60,
      dryRun: false,
    } as const;
    for (const round of ['rotated', 'rotated again']) {
      await underLoad(round, async () => {
        for (const { error, outcome } of await rotateFleet(fleet.tools, options)) {
          expect(error).toBeNull();
          expect(outcome).toMatchObject({ terminated: 0, old: { canSignIn: false, sessions: 0 } });
        }
      });
    }
    await underLoad('half of them moved back and forth', async () => {
      const half = tenants.slice(0, tenantCount / 2);
      await moveAll(false, half);
      await moveAll(true, half);
      await moveAll(false);
    });
  });
});
