import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '@cxg/local-processes';
import type { BenchFleet } from './fleet.ts';
import { type ServerProcess, startForeignServer } from './server-process.ts';
import { findStartCommand } from './start-command.ts';

/** Every answer is computed. */
export const withoutCache = { RESPONSE_CACHE_TTL: '0' };

/** Starts the application as `npm start` does, with these variables besides the fleet's. */
export async function startApi(
  { environment }: BenchFleet,
  additions: Readonly<Record<string, string>> = withoutCache,
): Promise<ServerProcess> {
  const port = await findFreePort();
  return startForeignServer(
    findStartCommand(),
    { ...environment, ...additions, API_HOST: '127.0.0.1', API_PORT: String(port) },
    port,
    () => healthy(port),
  );
}

/** Waits until a server answers. A refused connection costs it nothing. */
export async function healthy(port: number): Promise<void> {
  for (;;) {
    try {
      const { ok } = await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });
      if (ok) return;
    } catch {
      await delay(5);
    }
  }
}
