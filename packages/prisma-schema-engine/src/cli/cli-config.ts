import { defineConfig } from 'prisma/config';
import { unsetUrl } from './unset-url.ts';

/**
 * The Prisma CLI's settings for one of the two databases. Unless the environment names a schema engine, the
 * CLI is made to start `engine`, because it would otherwise download its own.
 *
 * The URL is that of the first variable that is set. There may be none: `generate` needs none, and other commands
 * then say which variable to set, the first.
 */
export function prismaCliConfig(
  environment: NodeJS.ProcessEnv,
  database: {
    schema: string;
    migrations: string;
    urlVariables: readonly [string, ...string[]];
    /** An executable that calls `runStdioServer`, by its absolute path. */
    engine: string;
  },
) {
  environment.PRISMA_SCHEMA_ENGINE_BINARY ||= database.engine;
  const [usualVariable] = database.urlVariables;
  const variable = database.urlVariables.find((name) => environment[name]) ?? usualVariable;
  return defineConfig({
    schema: database.schema,
    migrations: { path: database.migrations },
    datasource: { url: environment[variable] || unsetUrl(variable) },
  });
}
