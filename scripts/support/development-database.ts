import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CentralClient } from '../../src/db/central-client.ts';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';

/** The development server's PostgreSQL. */
export interface DevelopmentDatabase {
  /** The URL of the central database on it. */
  readonly centralDatabaseUrl: string;
  /** Tells the tenants' records where their databases are now, when the port is not that of the last time. */
  relocateTenants(central: CentralClient): Promise<void>;
  stop(): Promise<void>;
}

const usualPort = 5432;
const portSchema = z.coerce.number().int().min(1).max(65_535);

/**
 * Starts PostgreSQL from npm with its data in `folder`: on the port of the last time, or the usual one, or
 * another when that is taken.
 */
export async function startDevelopmentDatabase(folder: string): Promise<DevelopmentDatabase> {
  const portFile = `${folder}/postgres-port`;
  const lastPort = portSchema.safeParse(await readFile(portFile, 'utf8').catch(() => null)).data;
  const postgres = await startEmbeddedPostgres({
    dataDirectory: `${folder}/postgres`,
    preferredPort: lastPort ?? usualPort,
    durable: true,
  });
  const centralDatabaseUrl = new URL(postgres.superuserUrl);
  centralDatabaseUrl.pathname = '/central_admin';
  return {
    centralDatabaseUrl: centralDatabaseUrl.href,
    async relocateTenants(central) {
      if (lastPort !== undefined && lastPort !== postgres.port) {
        await central.tenant.updateMany({
          where: { dbHost: '127.0.0.1', dbPort: lastPort },
          data: { dbPort: postgres.port },
        });
      }
      // Written last: a start that is cut off before leaves the port that the records still have.
      await writeFile(portFile, String(postgres.port));
    },
    stop: () => postgres.stop(),
  };
}
