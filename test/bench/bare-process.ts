import type { BenchFleet, BenchTenant } from './fleet.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** Starts the server that does as little as possible, for these tenants. Its tokens are their keys. */
export function startBareServer(
  { environment }: BenchFleet,
  tenants: readonly BenchTenant[],
): Promise<ServerProcess> {
  return startServerProcess(new URL('./bare-server.ts', import.meta.url), {
    DATABASE_URLS: JSON.stringify(
      Object.fromEntries(tenants.map(({ tenantKey, databaseUrl }) => [tenantKey, databaseUrl])),
    ),
    POOL_SIZE: environment.TENANT_CONNECTION_POOL_SIZE,
  });
}
