import { join } from 'node:path';
import type { Command } from 'commander';
import { readFleetConfiguration, sharedVariables } from '../../src/config/environment.ts';
import {
  type Environment,
  environmentSources,
  isSet,
  processEnvironment,
  withoutBlanks,
} from '../../src/config/process-environment.ts';
import { isProduction } from '../../src/config/script-environment.ts';
import type { FleetTools } from '../../src/tenancy/fleet/open-fleet.ts';
import { withFleetTools } from './fleet-tools.ts';
import { dataFolder, findRunningServer, type RunningServer, type ServerAbsence } from './running-server.ts';
import { UsageError } from './script.ts';

/** The databases that a script works on. */
export interface ScriptDatabase {
  readonly environment: Environment;
  /** The development server that serves them, if it is one. */
  readonly server: RunningServer | null;
}

/** The dependencies of a script. */
export interface ScriptTools extends FleetTools {
  /** The GraphQL endpoint where these tenants sign in, if it is known. */
  readonly endpoint: string | null;
}

const absences: Readonly<Record<ServerAbsence, string>> = {
  none: 'the development database isn\'t running: start it with "npm run dev"',
  starting: 'the development server is still starting: run this again once it shows its address',
  stopping: 'the development server is stopping: start it again with "npm run dev"',
  elsewhere: 'the development server runs in another container: run this there',
};

/**
 * Finds the databases to work on: those that the environment or `.env` names, else those of the development server
 * that runs in this folder, of which it tells on standard error. In production it is only ever the former.
 * @throws {UsageError} when there are none.
 */
export async function findScriptDatabase(program: Command): Promise<ScriptDatabase> {
  const environment = processEnvironment();
  if (isProduction(environment)) return { environment, server: null };
  // Half of an address is a mistake, which whoever reads the environment will name.
  const isNamed =
    isSet(environment.CENTRAL_ADMIN_DATABASE_URL) ||
    isSet(environmentSources().own.CENTRAL_MIGRATION_DATABASE_URL);
  if (isNamed && isSet(environment.CREDENTIALS_ENCRYPTION_KEY)) return { environment, server: null };
  const server = await findRunningServer();
  if (isNamed) {
    // Only the server has the keys, when it was started with nothing but the same address.
    const isServed =
      typeof server === 'object' &&
      server.environment.CENTRAL_ADMIN_DATABASE_URL === environment.CENTRAL_ADMIN_DATABASE_URL;
    return isServed ? takeFrom(server, program) : { environment, server: null };
  }
  if (typeof server === 'string') {
    throw new UsageError(`CENTRAL_ADMIN_DATABASE_URL is missing, and ${absences[server]}.`);
  }
  return takeFrom(server, program);
}

/** Runs `work` with what scripts need. A development server that ends meanwhile is named as the reason of its failure. */
export async function withScriptTools<T>(
  program: Command,
  work: (tools: ScriptTools, database: ScriptDatabase) => Promise<T>,
): Promise<T> {
  const database = await findScriptDatabase(program);
  const endpoint = database.server?.url ?? null;
  try {
    return await withFleetTools(
      (tools) => work({ ...tools, endpoint }, database),
      readFleetConfiguration(database.environment),
    );
  } catch (error) {
    if (database.server && typeof (await findRunningServer()) === 'string') {
      throw new UsageError(
        'The development server was stopped meanwhile: start it with "npm run dev", and run this again.',
        { cause: error },
      );
    }
    throw error;
  }
}

/** Returns the endpoint of the development server that runs in this folder, and says so; null when there is none. */
export async function findDevelopmentEndpoint(program: Command): Promise<string | null> {
  if (isProduction()) return null;
  const server = await findRunningServer();
  if (typeof server === 'string') return null;
  tellOf(server, program);
  return server.url;
}

function takeFrom(server: RunningServer, program: Command): ScriptDatabase {
  tellOf(server, program);
  const { own, file } = environmentSources();
  const unshared = Object.entries(file).filter(([name]) => !sharedVariables.includes(name));
  // What the script was started with is meant; what .env has of these, the server has read, or left out.
  const environment = { ...Object.fromEntries(unshared), ...server.environment, ...withoutBlanks(own) };
  return { environment, server };
}

/** Says on standard error which server it is: there may be several checkouts. */
function tellOf({ processId, folder }: RunningServer, program: Command): void {
  const place = join(folder, dataFolder);
  process.stderr.write(
    `${program.name()}: Using the development database in ${place} ("npm run dev", process ${processId}).\n`,
  );
}
