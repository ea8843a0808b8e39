import { readFile, writeFile } from 'node:fs/promises';
import { startEmbeddedPostgres } from '@cxg/embedded-postgres';
import { z } from 'zod';
import { generatePassword } from '../../src/auth/password.ts';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import type { CentralClient } from '../../src/db/central-client.ts';
import { administer } from '../../src/db/roles-and-databases.ts';

/** The development server's PostgreSQL. */
export interface DevelopmentDatabase {
  /** The addresses of the central database on it, for its owner and for the application, and of who creates tenants. */
  readonly environment: Readonly<
    Record<
      'CENTRAL_ADMIN_DATABASE_URL' | 'CENTRAL_MIGRATION_DATABASE_URL' | 'TENANT_ADMIN_DATABASE_URL',
      string
    >
  >;
  /** Tells the tenants' records where their databases are now, when the port is not that of the last time. */
  relocateTenants(central: CentralClient): Promise<void>;
  stop(): Promise<void>;
}

/** A role of its own, as in production: only here the owner is the superuser, who makes the tenants as well. */
const applicationRole = 'central_application';

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
  const owner = { ...parseDatasourceUrl(postgres.superuserUrl), database: 'central_admin' };
  const application = { ...owner, user: applicationRole, password: generatePassword() };
  try {
    await administer(parseDatasourceUrl(postgres.superuserUrl), (server) =>
      server.ensureRole(application.user, application.password, 'cxg-graphql-api development'),
    );
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    environment: {
      CENTRAL_ADMIN_DATABASE_URL: datasourceUrl(application),
      CENTRAL_MIGRATION_DATABASE_URL: datasourceUrl(owner),
      TENANT_ADMIN_DATABASE_URL: postgres.superuserUrl,
    },
    async relocateTenants(central) {
      if (lastPort !== undefined && lastPort !== postgres.port) {
        await central.tenant.updateMany({
          where: { dbHost: { in: ['127.0.0.1', 'localhost'] }, dbPort: lastPort },
          data: { dbPort: postgres.port },
        });
        await central.tenant.updateMany({
          where: { dbDirectHost: { in: ['127.0.0.1', 'localhost'] }, dbDirectPort: lastPort },
          data: { dbDirectPort: postgres.port },
        });
      }
      // Written last: a start that is cut off before leaves the port that the records still have.
      await writeFile(portFile, String(postgres.port));
    },
    stop: () => postgres.stop(),
  };
}
