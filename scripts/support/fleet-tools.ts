import { createLiveSessions, managersRealm } from '../../src/auth/sessions/live-sessions.ts';
import { createSharedCache } from '../../src/cache/index.ts';
import { type FleetConfiguration, readFleetConfiguration } from '../../src/config/environment.ts';
import { createCentralClient } from '../../src/db/central-client.ts';
import { parseDatasourceUrl } from '../../src/db/datasource.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createCredentialsEnvelope } from '../../src/tenancy/credentials-envelope.ts';
import type { ProvisioningTools } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { createTenantDirectory } from '../../src/tenancy/tenant-directory.ts';

/** What the scripts work with; it also has all that migrating a fleet takes. */
export interface FleetTools extends ProvisioningTools {
  /** Makes every process look at the managers' sessions anew. */
  readonly invalidateManagers: () => Promise<void>;
}

/** Opens the central database and the shared cache for the length of `work`. */
export async function withFleetTools<T>(
  work: (tools: FleetTools) => Promise<T>,
  configuration: FleetConfiguration = readFleetConfiguration(),
): Promise<T> {
  // Results go to standard output; what is logged must not get between them.
  const logger = createLogger({ ...configuration.logging, format: 'text' }, process.stderr);
  const central = createCentralClient(configuration.centralDatabaseUrl, (error) =>
    logger.warn({ err: error }, 'A connection to the central database was lost'),
  );
  const cache = createSharedCache(configuration, logger);
  const directory = createTenantDirectory(central, cache, { freshSeconds: 1, staleSeconds: 1 });
  try {
    return await work({
      central,
      centralDatabaseUrl: configuration.centralDatabaseUrl,
      tenantAdminDatasource: parseDatasourceUrl(configuration.tenantAdminDatabaseUrl),
      envelope: createCredentialsEnvelope(configuration.credentialsEncryptionKey),
      invalidate: (tenantKey) => directory.invalidate(tenantKey),
      invalidateManagers: () => createLiveSessions(cache, 1).invalidate(managersRealm),
    });
  } finally {
    await Promise.all([cache.close(), central.$disconnect()]);
  }
}
