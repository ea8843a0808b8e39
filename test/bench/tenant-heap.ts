import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import { createHttpClient } from './http-client.ts';
import type { ServerProcess } from './server-process.ts';

const bytesPerMegabyte = 1_000_000;

/** How much live JavaScript heap a tenant takes once it is warm. */
export async function measureTenantHeap(
  server: ServerProcess,
  tenants: readonly BenchTenant[],
): Promise<Comparison> {
  const client = createHttpClient(server.port, 1);
  try {
    const before = await server.ask('heap');
    for (const { token } of tenants) await client.fetchPage(token);
    const grown = (await server.ask('heap')) - before;
    return {
      title: `Heap of warm tenants (${tenants.length} tenants)`,
      measured: [
        { name: 'before them', figures: { MB: before / bytesPerMegabyte } },
        { name: 'each tenant', figures: { MB: grown / tenants.length / bytesPerMegabyte } },
      ],
      ratios: [],
    };
  } finally {
    client.close();
  }
}
