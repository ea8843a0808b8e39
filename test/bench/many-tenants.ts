import { compareLoads } from './compare-loads.ts';
import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import type { Scale } from './scale.ts';
import type { ServerProcess } from './server-process.ts';

/** The servers to ask: one keeps the clients of all tenants, the other those of half of them. */
export interface TenantServers {
  readonly roomy: ServerProcess;
  readonly cramped: ServerProcess;
}

/**
 * What it costs that requests come from many tenants. In turn is the worst order for a cache that evicts the
 * least recently used: with room for half of the tenants, it misses every time.
 */
export function compareManyTenants(
  { roomy, cramped }: TenantServers,
  tenants: readonly BenchTenant[],
  scale: Scale,
): Promise<Comparison> {
  const tokens = tenants.map(({ token }) => token);
  return compareLoads({
    title: `One warm tenant against ${tenants.length} in turn`,
    reference: { name: 'one tenant', server: roomy, tokens: tokens.slice(0, 1) },
    others: [
      { name: `${tenants.length} tenants, all warm`, server: roomy, tokens },
      { name: `${tenants.length} tenants, room for half`, server: cramped, tokens },
    ],
    rounds: scale.rounds,
    milliseconds: scale.roundMilliseconds,
    connections: scale.connections,
  });
}
