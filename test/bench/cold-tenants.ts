import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import { createHttpClient } from './http-client.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';

/** Enough for the medians of one tenant's warm requests. */
const warmRequests = 5;

/**
 * What the first request of a tenant waits for: its row in the central database, a client, a connection, the
 * compilation of its query. One request at a time, on a server that has answered many for another tenant.
 */
export async function compareColdTenants(
  { port }: ServerProcess,
  tenants: readonly BenchTenant[],
): Promise<Comparison> {
  const client = createHttpClient(port, 1);
  const time = async (token: string) => {
    const started = performance.now();
    await client.fetchPage(token);
    return performance.now() - started;
  };
  try {
    const cold: number[] = [];
    const warm: number[] = [];
    for (const { token } of tenants) {
      cold.push(await time(token));
      const repeated: number[] = [];
      for (let index = 0; index < warmRequests; index++) repeated.push(await time(token));
      warm.push(median(repeated));
    }
    return {
      title: `The first request of a tenant against its next ones (${tenants.length} tenants)`,
      measured: [
        { name: 'warm', figures: { 'median ms': median(warm) } },
        { name: 'cold', figures: { 'median ms': median(cold) } },
      ],
      ratios: [
        {
          name: 'cold / warm',
          figures: { 'median ms': median(cold.map((value, index) => value / (warm[index] ?? Number.NaN))) },
        },
      ],
    };
  } finally {
    client.close();
  }
}
