import { ConfigurationError } from '../../src/config/configuration-error.ts';
import {
  type Environment,
  type EnvironmentSources,
  isSet,
  withoutBlanks,
} from '../../src/config/process-environment.ts';

/** The variables of a development server, and which lines of `.env` don't count. */
export interface DevelopmentEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  readonly ignored: readonly string[];
}

/** The development database's own: where it is, and the keys of what is stored there. */
const databaseVariables = [
  'CENTRAL_ADMIN_DATABASE_URL',
  'CENTRAL_MIGRATION_DATABASE_URL',
  'TENANT_ADMIN_DATABASE_URL',
  'SECRET_KEY',
  'CREDENTIALS_ENCRYPTION_KEY',
];

const readableLogs = { LOG_FORMAT: 'text', LOG_LEVEL: 'warn' };

/** Without Redis nobody tells the server what a script has changed, so it looks for itself. Its database is near. */
const shortCaches = { TENANT_DIRECTORY_CACHE_TTL: '1', SESSION_CACHE_TTL: '1' };

/** The same as `.env.example` has them: a copied line is nobody's decision. */
const usualCaches: Environment = { TENANT_DIRECTORY_CACHE_TTL: '30', SESSION_CACHE_TTL: '10' };

/**
 * Returns whether a central database is named, which is then used instead of the development database.
 * @throws {ConfigurationError} when only its owner is.
 */
export function namesCentralDatabase(sources: EnvironmentSources): boolean {
  if (isSet(merge(sources).CENTRAL_ADMIN_DATABASE_URL)) return true;
  if (isSet(sources.own.CENTRAL_MIGRATION_DATABASE_URL)) {
    throw new ConfigurationError(
      'CENTRAL_MIGRATION_DATABASE_URL is set, and CENTRAL_ADMIN_DATABASE_URL is not: set both, to use that server, or neither.',
    );
  }
  return false;
}

/**
 * Returns the variables of a development server. What the process was started with comes first, then the database,
 * then `.env`, then what is usual for development.
 * @param database the variables of the development database; null when the environment names another one, whose
 * variables are then taken from `.env` as well.
 */
export function developmentEnvironment(
  sources: EnvironmentSources,
  secrets: Readonly<Record<string, string>>,
  database: Readonly<Record<string, string>> | null,
): DevelopmentEnvironment {
  if (!database) {
    const environment = { ...readableLogs, ...secrets, ...withoutBlanks(merge(sources)) };
    return { environment, ignored: sources.placeholders };
  }
  const file = withoutBlanks(sources.file);
  const ignored = databaseVariables.filter((name) => name in file);
  const others = Object.fromEntries(
    Object.entries(file).filter(([name, value]) => !ignored.includes(name) && usualCaches[name] !== value),
  );
  const own = withoutBlanks(sources.own);
  return {
    environment: {
      ...readableLogs,
      ...shortCaches,
      ...withoutBlanks({ ...others, ...blanks(sources.own) }),
      ...secrets,
      ...database,
      ...own,
    },
    ignored: ignored.filter((name) => !(name in own)),
  };
}

/** Both, as {@link processEnvironment} has them. */
function merge({ own, file, placeholders }: EnvironmentSources): Environment {
  const counted = Object.entries(file).filter(([name]) => !placeholders.includes(name));
  return { ...Object.fromEntries(counted), ...own };
}

/** The variables that the process has and that are blank: a blank one takes the place of the file's. */
function blanks(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => !isSet(value)));
}
