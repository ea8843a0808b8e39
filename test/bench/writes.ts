import { startApi } from './api-process.ts';
import { startBareServer } from './bare-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { Arm } from './load.ts';
import { compareLoads, ratioOf } from './load-rounds.ts';
import { bareCreationRequest, creationRequest } from './requests.ts';
import { withServers } from './with-servers.ts';

/** As many as a company has people, each of whom saves something. */
const writersAtOnce = 50;

/**
 * Measures the cost of a change beyond its statements. A plain entity's changes run concurrently, changes of identity
 * one at a time.
 */
export async function compareWrites({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenant = fleet.tenant(0);
  return withServers([startBareServer(fleet, [tenant]), startApi(fleet)], async ([bareServer, server]) => {
    const bare: Arm = {
      name: 'bare',
      server: bareServer,
      requests: [bareCreationRequest(tenant.tenantKey)],
    };
    const plain: Arm = {
      name: 'API, createAsset',
      server,
      requests: [creationRequest(tenant.token, 'Asset')],
    };
    const identity: Arm = {
      name: 'API, createDepartment',
      server,
      requests: [creationRequest(tenant.token, 'Department')],
    };
    return [
      await compareLoads({
        ...scale,
        connections: writersAtOnce,
        title: `${writersAtOnce} writes at once with their audit records, one tenant: this API against node:http + pg`,
        arms: [bare, plain, identity],
        ratios: [ratioOf(plain, bare), ratioOf(identity, plain)],
      }),
    ];
  });
}
