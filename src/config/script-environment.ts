import { z } from 'zod';
import { parseEnvironment } from './parse-environment.ts';
import { type Environment, processEnvironment } from './process-environment.ts';
import { centralMigration } from './sections/databases.ts';
import { deployment } from './sections/deployment.ts';
import { section, variable } from './sections/section.ts';
import { optional } from './sections/types.ts';

const text = optional(z.string());

/** The variables that scripts read beside those of the fleet. */
export const scriptSections = {
  provisioningPasswords: section(
    z.object({
      dbPassword: variable('DB_PASSWORD', text),
      dbOwnerPassword: variable('DB_OWNER_PASSWORD', text),
      adminPassword: variable('ADMIN_PASSWORD', text),
    }),
    (read) => read,
  ),
  managerPassword: section(
    z.object({ password: variable('MANAGER_PASSWORD', text) }),
    ({ password }) => password,
  ),
  operator: section(z.object({ operator: variable('OPERATOR', text) }), ({ operator }) => operator),
  stressPassword: section(
    z.object({ password: variable('STRESS_PASSWORD', text) }),
    ({ password }) => password,
  ),
  centralMigration,
};

/** Reads the passwords that `provision-tenant` and `move-tenant` take from the environment rather than from their arguments. */
export function readProvisioningPasswords(environment: Environment = processEnvironment()) {
  return parseEnvironment(scriptSections.provisioningPasswords, environment);
}

/** Reads the password that `create-manager` takes from the environment rather than from its arguments. */
export function readManagerPassword(environment: Environment = processEnvironment()) {
  return parseEnvironment(scriptSections.managerPassword, environment);
}

/** Returns whether this environment serves real people. @throws {ConfigurationError} for an invalid `ENVIRONMENT`. */
export function isProduction(environment: Environment = processEnvironment()): boolean {
  return parseEnvironment(deployment, environment).environment === 'production';
}

/** Reads from the environment who runs a script: by name, or the account that has become root by `sudo`. */
export function readOperator(environment: Environment = processEnvironment()): string | undefined {
  const operator = parseEnvironment(scriptSections.operator, environment);
  return operator ?? (process.getuid?.() === 0 ? environment.SUDO_USER : undefined);
}

/** Reads the password that `stress` signs in with; undefined when there is none. */
export function readStressPassword(environment: Environment = processEnvironment()): string | undefined {
  return parseEnvironment(scriptSections.stressPassword, environment);
}

/**
 * Reads which account migrates the central database, and which works in it.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function readCentralMigrationConfiguration(environment: Environment = processEnvironment()) {
  return parseEnvironment(centralMigration, environment);
}
