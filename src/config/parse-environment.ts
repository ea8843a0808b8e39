import type { z } from 'zod';
import { ConfigurationError } from './configuration-error.ts';
import { type Environment, environmentSources } from './process-environment.ts';

/**
 * Reads sections of the configuration.
 * @throws {ConfigurationError} naming every variable that is missing or wrong, never its value.
 */
export function parseEnvironment<T extends z.ZodType>(sections: T, environment: Environment): z.output<T> {
  const result = sections.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}`);
  const remarks = environment === process.env ? describePlaceholders() : [];
  throw new ConfigurationError(
    ['Invalid configuration:', ...problems, ...remarks, 'See .env.example.'].join('\n'),
  );
}

/** Says which lines of `.env` don't count, so that nobody takes them for what was read. */
function describePlaceholders(): string[] {
  return environmentSources().placeholders.map(
    (name) => `${name} in .env is the example of .env.example, and is ignored: name your own there.`,
  );
}
