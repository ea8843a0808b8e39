import { startApi, withoutCache } from './api-process.ts';
import { askOnce } from './asking.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import { pageRequest } from './requests.ts';
import { single } from './statistics.ts';
import { withServers } from './with-servers.ts';

const bytesPerMegabyte = 1_000_000;

/** The live JavaScript heap of a warm tenant. */
export async function measureTenantHeap({ fleet, scale }: Bench): Promise<Comparison[]> {
  const warm = fleet.tenant(0);
  const tenants = fleet.tenants.slice(1, 1 + scale.heapTenants);
  const room = { ...withoutCache, TENANT_CLIENT_CAPACITY: String(1 + tenants.length) };
  return withServers([startApi(fleet, room)], async ([server]) => {
    // What the first tenant brings along stays for all.
    for (let index = 0; index < warmingRequests; index++) await askOnce(server, pageRequest(warm.token));
    const before = await server.ask('heap');
    for (const { token } of tenants) await askOnce(server, pageRequest(token));
    const grown = (await server.ask('heap')) - before;
    const row = (name: string, bytes: number) => ({
      name,
      figures: { MB: single(bytes / bytesPerMegabyte) },
    });
    return [
      {
        title: `Heap of warm tenants (${tenants.length} tenants)`,
        measured: [row('before them', before), row('each tenant', grown / tenants.length)],
        ratios: [],
      },
    ];
  });
}

const warmingRequests = 200;
