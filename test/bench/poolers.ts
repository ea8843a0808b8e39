import pg from 'pg';
import { z } from 'zod';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { findPgBouncer } from '../support/find-pgbouncer.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { startApi, withoutCache } from './api-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { BenchFleet, BenchTenant } from './fleet.ts';
import { type Arm, putUnderLoad } from './load.ts';
import { compareLoads, ratioOf } from './load-rounds.ts';
import { pageRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';
import { single } from './statistics.ts';

/** Servers that a deployment has side by side. */
const processes = 4;

/** Requests that each of them has at once. */
const requestsAtOnce = 5;

/** Sessions that PgBouncer opens for one tenant at most. */
const poolSize = 2;

const countSchema = z.tuple([z.object({ count: z.int() })]);

/**
 * The price and the savings of PgBouncer: half of the tenants are behind it. The same processes ask both halves.
 * @throws when the machine has no PgBouncer.
 */
export async function comparePooler({ superuserUrl, fleet, scale }: Bench): Promise<Comparison[]> {
  const tenants = fleet.tenants.slice(0, scale.pooledTenants);
  const program = await findPgBouncer();
  if (program === null) throw new Error('There is no PgBouncer on this machine.');
  const half = Math.floor(tenants.length / 2);
  const direct = tenants.slice(0, half);
  const pooled = tenants.slice(half, 2 * half);
  const pooler = await startPgBouncer(program, parseDatasourceUrl(superuserUrl), {
    default_pool_size: poolSize,
  });
  const servers: ServerProcess[] = [];
  try {
    await repoint(fleet.environment, pooled, pooler);
    for (let index = 0; index < processes; index++) {
      servers.push(
        await startApi(fleet, { ...withoutCache, TENANT_CLIENT_CAPACITY: String(tenants.length) }),
      );
    }
    const [server] = servers;
    if (!server) throw new Error('There is no server.');
    const arm = (name: string, some: readonly BenchTenant[], on: ServerProcess): Arm => ({
      name,
      server: on,
      requests: some.map(({ token }) => pageRequest(token)),
    });
    const directly = arm('direct', direct, server);
    const through = arm('pooled', pooled, server);
    const throughput = await compareLoads({
      ...scale,
      title: `Pages of ${half} tenants, directly and through PgBouncer`,
      arms: [directly, through],
      ratios: [ratioOf(through, directly)],
    });
    const sessions = async (name: string, some: readonly BenchTenant[]) => {
      const watch = watchSessions(superuserUrl, some);
      try {
        await Promise.all(
          servers.map((on) =>
            putUnderLoad(arm(name, some, on), {
              connections: requestsAtOnce,
              milliseconds: scale.milliseconds * scale.rounds,
            }),
          ),
        );
      } finally {
        await watch.stop();
      }
      return watch.most();
    };
    const row = (name: string, count: number) => ({ name, figures: { 'sessions at once': single(count) } });
    const without = await sessions('direct', direct);
    const pooledSessions = await sessions('pooled', pooled);
    return [
      throughput,
      {
        title: `Sessions of ${half} tenants with ${processes} processes that have ${requestsAtOnce} requests each`,
        measured: [row('direct', without), row('pooled', pooledSessions)],
        ratios: [row('pooled / direct', pooledSessions / without)],
      },
    ];
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await pooler.stop();
  }
}

async function repoint(
  { CENTRAL_ADMIN_DATABASE_URL: url }: BenchFleet['environment'],
  tenants: readonly BenchTenant[],
  { host, port }: PgBouncer,
): Promise<void> {
  const central = new pg.Client({ connectionString: url });
  await central.connect();
  await central.query(
    `UPDATE tenants SET db_direct_host = db_host, db_direct_port = db_port, db_host = $1, db_port = $2 WHERE tenant_key = ANY ($3)`,
    [host, port, tenants.map(({ tenantKey }) => tenantKey)],
  );
  await central.end();
}

/** Counts the sessions of the tenants' role every 50 ms, and remembers the most. */
function watchSessions(superuserUrl: string, tenants: readonly BenchTenant[]) {
  const pool = new pg.Pool({ connectionString: superuserUrl, max: 1 });
  const databases = tenants.map(({ databaseUrl }) => parseDatasourceUrl(databaseUrl).database);
  const roles = tenants.map(({ databaseUrl }) => parseDatasourceUrl(databaseUrl).user);
  let most = 0;
  const timer = setInterval(async () => {
    const { rows } = await pool.query(
      'SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = ANY ($1) AND usename = ANY ($2)',
      [databases, roles],
    );
    most = Math.max(most, countSchema.parse(rows)[0].count);
  }, 50);
  return {
    most: () => most,
    async stop() {
      clearInterval(timer);
      await pool.end();
    },
  };
}
