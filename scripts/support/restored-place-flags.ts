import type { Command } from 'commander';
import { sslModes } from '../../src/config/tls-settings.ts';
import { provisioningRequestSchema } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { wholeNumber } from './script.ts';

/** Adds the flags that say where a tenant's database was restored. */
export function addRestoredPlace(program: Command): Command {
  return program
    .option('--db-host <host>', "the server that it was restored on (default: the tenant's)")
    .option('--db-port <port>', "its port (default: the tenant's)", wholeNumber(1, 65_535))
    .option('--db-name <name>', "the database (default: the tenant's)")
    .option('--db-sslmode <mode>', `the use of TLS: ${sslModes.join(', ')} (default: the tenant's)`)
    .option('--db-sslrootcert <file>', "the CA that signs the server's certificate (default: the tenant's)");
}

/** The tenant and the place, as those flags name them. */
export const restoredPlaceSchema = provisioningRequestSchema.pick({
  tenantKey: true,
  dbHost: true,
  dbPort: true,
  dbName: true,
  dbSslmode: true,
  dbSslrootcert: true,
});
