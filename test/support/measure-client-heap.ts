import { z } from 'zod';
import { openScriptClient, type TenantClient } from '../../src/db/tenant-client.ts';

// Prints how many bytes of heap each further client of the tenant in TENANT_TARGET takes once it is warm.
const { TENANT_TARGET } = z.object({ TENANT_TARGET: z.string() }).parse(process.env);
const target = z
  .object({ tenant: z.object({ id: z.int(), tenantKey: z.string() }), datasourceUrl: z.string() })
  .parse(JSON.parse(TENANT_TARGET));
const collectGarbage = z.custom<() => void>((value) => typeof value === 'function').parse(globalThis.gc);

const clients: TenantClient[] = [];

async function warmUp(count: number): Promise<number> {
  for (let made = 0; made < count; made++) {
    const client = await openScriptClient(target);
    await client.user.findMany({ take: 20, include: { role: true, department: true, branch: true } });
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
