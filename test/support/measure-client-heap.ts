import { z } from 'zod';
import { createTenantConnections } from '../../src/db/connections/tenant-connections.ts';
import { openTenantClient, type TenantClient } from '../../src/db/tenant-client.ts';

// Prints how many bytes of heap each further client of the tenant in TENANT_TARGET takes once it is warm.
const { TENANT_TARGET } = z.object({ TENANT_TARGET: z.string() }).parse(process.env);
const target = z
  .object({ tenant: z.object({ id: z.int(), tenantKey: z.string() }), datasourceUrl: z.string() })
  .parse(JSON.parse(TENANT_TARGET));
const collectGarbage = z.custom<() => void>((value) => typeof value === 'function').parse(globalThis.gc);

const clients: TenantClient[] = [];
const limits = { concurrency: 1, statementTimeoutSeconds: 60 };
/** As in a server, tenants share them. */
const connections = createTenantConnections({
  timeoutSeconds: 10,
  limitsBelongTo: 'session',
  onConnectionError: () => {},
  onMismatch: () => {},
});

async function warmUp(count: number): Promise<number> {
  for (let made = 0; made < count; made++) {
    const { client } = await openTenantClient(target, limits, connections);
    // Twice, so that the statement is prepared.
    for (let turn = 0; turn < 2; turn++) {
      await client.user.findMany({ take: 20, include: { role: true, department: true, branch: true } });
    }
    clients.push(client);
  }
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

// The first ones also pay for what the process needs once.
const before = await warmUp(5);
const count = 30;
const after = await warmUp(count);
await Promise.all(clients.map((client) => client.$disconnect()));
process.stdout.write(`${Math.round((after - before) / count)}\n`);
