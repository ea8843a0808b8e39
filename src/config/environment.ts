import type { z } from 'zod';
import { parseEnvironment } from './parse-environment.ts';
import { type Environment, processEnvironment } from './process-environment.ts';
import { databases } from './sections/databases.ts';
import { deployment } from './sections/deployment.ts';
import { graphql } from './sections/graphql.ts';
import { http } from './sections/http.ts';
import { logging } from './sections/logging.ts';
import { redis } from './sections/redis.ts';
import { secrets } from './sections/secrets.ts';
import { variablesOf } from './sections/section.ts';
import { signIn } from './sections/sign-in.ts';
import { signing } from './sections/signing.ts';
import { tenantClients } from './sections/tenant-clients.ts';
import { tenantLimits } from './sections/tenant-limits.ts';
import { tenantTls } from './sections/tenant-tls.ts';
import { tokens } from './sections/tokens.ts';
import { vault } from './sections/vault.ts';

/** The sections in which a server and the scripts beside it have to agree. */
const shared = databases.and(tenantTls).and(secrets).and(vault).and(redis).and(tenantLimits);

/** The configuration of every process that works on tenants: scripts and servers. */
const fleet = deployment.and(logging).and(shared);

/** The configuration of the server. */
export const serverSections = fleet
  .and(http)
  .and(tokens)
  .and(signing)
  .and(signIn)
  .and(graphql)
  .and(tenantClients);

/**
 * The configuration of scripts: the central database, the encryption of credentials, and the channel for invalidations.
 */
export type FleetConfiguration = z.output<typeof fleet>;
/** The configuration of the server. */
export type ServerConfiguration = z.output<typeof serverSections>;

/** The variables in which a server and the scripts beside it have to agree. */
export const sharedVariables: readonly string[] = [...variablesOf(shared), 'CENTRAL_MIGRATION_DATABASE_URL'];

/**
 * Reads the variables that the scripts need.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function readFleetConfiguration(environment: Environment = processEnvironment()): FleetConfiguration {
  return parseEnvironment(fleet, environment);
}

/**
 * Reads the variables that the server needs.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function readServerConfiguration(
  environment: Environment = processEnvironment(),
): ServerConfiguration {
  return parseEnvironment(serverSections, environment);
}
