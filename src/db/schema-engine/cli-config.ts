import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';
import { unsetUrl } from './unset-url.ts';

/**
 * The Prisma CLI's settings for one of the two databases. Unless the environment names a schema engine, the
 * CLI is made to use the one that comes from npm, because it would otherwise download its own.
 *
 * The URL may be absent: `generate` needs none, and other commands then say which variable to set.
 */
export function prismaCliConfig(
  environment: NodeJS.ProcessEnv,
  database: { schema: string; migrations: string; urlVariable: string },
) {
  environment.PRISMA_SCHEMA_ENGINE_BINARY ||= fileURLToPath(new URL('./schema-engine.mjs', import.meta.url));
  return defineConfig({
    schema: database.schema,
    migrations: { path: database.migrations },
    datasource: { url: environment[database.urlVariable] ?? unsetUrl(database.urlVariable) },
  });
}
