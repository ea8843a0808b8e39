/** Marks the URL of a database whose environment variable is not set; the variable's name follows. */
const PREFIX = 'unset:';

/**
 * Stands in for a URL that is not set. The Prisma CLI hands it on to the engine, which can then say which
 * variable is missing; without any URL the CLI would only point to its configuration file.
 */
export function unsetUrl(variable: string): string {
  return PREFIX + variable;
}

/** The variable to set, if the URL came from {@link unsetUrl}. */
export function missingVariable(url: string): string | undefined {
  return url.startsWith(PREFIX) ? url.slice(PREFIX.length) : undefined;
}
