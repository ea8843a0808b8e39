import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { print, printJson, runScript, script } from '../../scripts/support/script.ts';
import { compareColdTenants } from './cold-tenants.ts';
import type { Comparison } from './comparison.ts';
import { type BenchFleet, withFleet } from './fleet.ts';
import { compareFleetMigrations } from './fleet-migration.ts';
import { formatComparison } from './format.ts';
import { compareManyTenants } from './many-tenants.ts';
import { comparePageAgainstBare } from './page-against-bare.ts';
import { comparePooler } from './poolers.ts';
import { withPostgres } from './postgres.ts';
import { fullScale, quickScale, type Scale } from './scale.ts';
import { startServerProcess } from './server-process.ts';
import { measureTenantHeap } from './tenant-heap.ts';

const program = script(
  'bench',
  `Measures this API side by side with the least that could do the same, and prints ratios: those hold from one
machine to another, the figures do not. Everything runs on this machine: PostgreSQL from npm in a temporary
folder that is removed afterwards, the servers, each in a process of its own, and the load. PostgreSQL runs
without waiting for the disk (fsync and synchronous_commit off). Takes about three minutes and 3 GB of disk.`,
)
  .option('--quick', 'small and short, only to see that everything runs')
  .option('--pooler', 'only compares direct connections with those through PgBouncer');

const stopRequested = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => reject(new Error('Stopped before it had finished.')));
  }
});
// A signal may come before anything waits for it; whoever waits later hears of it then.
stopRequested.catch(() => undefined);

await runScript(program, async () => {
  const { json, quick, pooler } = z
    .object({
      json: z.boolean().default(false),
      quick: z.boolean().default(false),
      pooler: z.boolean().default(false),
    })
    .parse(program.opts());
  const scale = quick ? quickScale : fullScale;
  const show = (comparison: Comparison) => {
    if (!json) print(`${formatComparison(comparison)}\n`);
  };
  if (!json)
    print(`Node.js ${process.version}, ${availableParallelism()} cores, ${scale.connections} connections\n`);
  const comparisons = await withPostgres((superuserUrl) =>
    Promise.race([
      stopRequested,
      withFleet(superuserUrl, pooler ? scale.pooledTenants : scale.tenants, async (fleet) => {
        if (!pooler) return measure(fleet, scale, show);
        const found = await comparePooler(superuserUrl, fleet, scale);
        found.forEach(show);
        return found;
      }),
    ]),
  );
  if (json) printJson({ node: process.version, cores: availableParallelism(), scale, comparisons });
  return 0;
});
// What was stopped halfway must not keep the process alive.
process.exit();

async function measure(
  fleet: BenchFleet,
  scale: Scale,
  show: (comparison: Comparison) => void,
): Promise<Comparison[]> {
  const { environment, tenants } = fleet;
  const [tenant] = tenants;
  if (!tenant) throw new Error('There is no tenant.');
  const coldTenants = tenants.slice(1, 1 + scale.coldTenants);
  const heapTenants = tenants.slice(-scale.heapTenants);
  const startApi = (capacity: number) =>
    startServerProcess(new URL('./api-server.ts', import.meta.url), {
      ...environment,
      TENANT_CLIENT_CAPACITY: String(capacity),
    });

  const bare = await startServerProcess(new URL('./bare-server.ts', import.meta.url), {
    DATABASE_URL: tenant.databaseUrl,
    TENANT_KEY: tenant.tenantKey,
    POOL_SIZE: environment.TENANT_CONNECTION_POOL_SIZE,
  });
  const roomy = await startApi(tenants.length);
  // The order matters: each step finds the tenants that it needs untouched by the ones before.
  const steps = [
    () => comparePageAgainstBare(roomy, bare, tenant, scale),
    () => compareColdTenants(roomy, coldTenants),
    () => measureTenantHeap(roomy, heapTenants),
    async () => {
      const cramped = await startApi(tenants.length / 2);
      return compareManyTenants({ roomy, cramped }, tenants, scale).finally(() => cramped.stop());
    },
    () => compareFleetMigrations(fleet, scale.unmigratedTenants),
  ];
  const comparisons: Comparison[] = [];
  try {
    for (const step of steps) {
      const comparison = await step();
      show(comparison);
      comparisons.push(comparison);
    }
    return comparisons;
  } finally {
    await Promise.all([roomy.stop(), bare.stop()]);
  }
}
