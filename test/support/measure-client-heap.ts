import { z } from 'zod';
import { openTenantClient, type TenantClient } from '../../src/db/tenant-client.ts';

// Prints how many bytes of heap each further client of the database in DATABASE_URL takes once it is warm.
const { DATABASE_URL: url } = z.object({ DATABASE_URL: z.string() }).parse(process.env);
const collectGarbage = z.custom<() => void>((value) => typeof value === 'function').parse(globalThis.gc);

const clients: TenantClient[] = [];

async function warmUp(count: number): Promise<number> {
  for (let made = 0; made < count; made++) {
    const client = await openTenantClient(url, { poolSize: 1, connectTimeoutSeconds: 5 }, () => {});
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
