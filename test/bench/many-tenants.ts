import { startApi, withoutCache } from './api-process.ts';
import { startBareServer } from './bare-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { Arm } from './load.ts';
import { compareLoads, ratioOf } from './load-rounds.ts';
import { pageRequest } from './requests.ts';
import { withServers } from './with-servers.ts';

/** Connections that are open besides one for each tenant. */
const spareConnections = 50;

/** In rounds shorter than sessions are believed (10 s), each tenant's would be looked up anew in every one of them. */
const roundFactor = 4;

/** PostgreSQL plans a prepared statement anew for each of its first five uses, on each connection. */
const warmingTimes = 10;

/**
 * The cost of requests from many tenants, each with its own connection, beyond the same cost of a bare handler with a
 * pool for each. In turn is the worst order for a cache that evicts the least recently used: with room for half of the
 * tenants, it misses every time.
 */
export async function compareManyTenants({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenants = fleet.tenants.slice(0, scale.tenants);
  const count = tenants.length;
  const variables = (clients: number) => ({
    ...withoutCache,
    TENANT_CLIENT_CAPACITY: String(clients),
    CONNECTION_BUDGET: String(count + spareConnections),
  });
  return withServers(
    [
      startBareServer(fleet, tenants),
      startApi(fleet, variables(count)),
      startApi(fleet, variables(count / 2)),
    ],
    async ([bare, roomy, cramped]) => {
      const bareRequests = tenants.map(({ tenantKey }) => pageRequest(tenantKey));
      const requests = tenants.map(({ token }) => pageRequest(token));
      const bareOne: Arm = { name: 'bare, one tenant', server: bare, requests: bareRequests.slice(0, 1) };
      const bareMany: Arm = {
        name: `bare, ${count} tenants`,
        server: bare,
        requests: bareRequests,
        warmingTimes,
      };
      const one: Arm = { name: 'API, one tenant', server: roomy, requests: requests.slice(0, 1) };
      const many: Arm = { name: `API, ${count} tenants, all warm`, server: roomy, requests, warmingTimes };
      const half: Arm = { name: `API, ${count} tenants, room for half`, server: cramped, requests };
      return [
        await compareLoads({
          ...scale,
          milliseconds: scale.milliseconds * roundFactor,
          title: `One warm tenant against ${count} in turn, no cache`,
          arms: [bareOne, bareMany, one, many, half],
          ratios: [
            ratioOf(bareMany, bareOne),
            ratioOf(many, one),
            {
              name: 'what the API keeps / what bare keeps',
              of: (figure) => figure(many) / figure(one) / (figure(bareMany) / figure(bareOne)),
            },
            ratioOf(half, one),
          ],
        }),
      ];
    },
  );
}
