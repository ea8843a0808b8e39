import { runStdioServer } from '@cxg/prisma-schema-engine/cli';
import { parseDatabaseUrl, schemaEngineDriver } from '../schema-engine.ts';

/** Serves the Prisma CLI over standard input and output, and sets the exit code. */
export function runStdioEngine(process: NodeJS.Process): Promise<void> {
  return runStdioServer(process, { driver: schemaEngineDriver, parseUrl: parseDatabaseUrl });
}
