import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The sources of the process's variables. */
export interface EnvironmentSources {
  /** Those that it was started with. */
  readonly own: Environment;
  /** Those of the file `.env` in the working directory. */
  readonly file: Environment;
  /** The names of those in the file that still have the value of `.env.example`, which no server has. */
  readonly placeholders: readonly string[];
}

/** The addresses in `.env.example`: a copy of one is no server's. */
const placeholderValues: Environment = {
  CENTRAL_ADMIN_DATABASE_URL: 'postgresql://admin:password@localhost:5432/central_admin',
};

let sources: EnvironmentSources | undefined;

/** Returns where the variables come from, as they were when this process first asked. */
export function environmentSources(): EnvironmentSources {
  sources ??= readSources();
  return sources;
}

/**
 * Returns the process's variables, completed by a `.env` file in the working directory. The process's own win, and
 * placeholders don't count.
 */
export function processEnvironment(): Environment {
  const { file, placeholders } = environmentSources();
  for (const [name, value] of Object.entries(file)) {
    // Child processes, and libraries that look for variables of their own, are to find them, too.
    if (!placeholders.includes(name)) process.env[name] ??= value;
  }
  return process.env;
}

/** Returns whether a variable has a value: a blank one means the same as none. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/** Returns the variables that have a value. */
export function withoutBlanks(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (isSet(value) ? [[name, value]] : [])),
  );
}

function readSources(): EnvironmentSources {
  const own = { ...process.env };
  const file = readFile();
  const placeholders = Object.entries(placeholderValues).flatMap(([name, value]) =>
    file[name]?.trim() === value ? [name] : [],
  );
  return { own, file, placeholders };
}

function readFile(): Environment {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Returns whether npm or another package manager is this process's parent: the script's shell has given way to us. */
export function isChildOfPackageManager(environment: Environment = process.env): boolean {
  return environment.npm_lifecycle_script?.startsWith('exec ') === true;
}

/** Returns the environment to start a child process with. */
export function childEnvironment(additions: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...additions };
}
