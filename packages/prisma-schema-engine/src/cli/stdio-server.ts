import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { DatabaseConnection, DatabaseDriver } from '../deploy/driver.ts';
import { SchemaEngineError } from '../deploy/errors.ts';
import { openSchemaEngine } from '../deploy/open-engine.ts';
import { schemaEngineVersion } from '../deploy/wasm.ts';
import { checkConnection, createDatabase } from './database-commands.ts';
import { serveJsonRpc } from './json-rpc.ts';
import { offlineAdapterFactory } from './offline-adapter-factory.ts';
import { rpcMethods } from './rpc-methods.ts';
import { missingVariable } from './unset-url.ts';

/** The native engine's wait for another migration: a person is watching. */
const CLI_LOCK_WAIT_MILLISECONDS = 10_000;

const databaseCommands = {
  'can-connect-to-database': checkConnection,
  'create-database': createDatabase,
};

const commandLine = z.object({
  values: z.object({
    datasource: z.string().default('{}'),
    datamodels: z.array(z.string()).default([]),
    version: z.boolean().default(false),
  }),
  positionals: z.union([
    z.tuple([]),
    z.tuple([z.literal('cli'), z.enum(['can-connect-to-database', 'create-database'])]),
  ]),
});

const datasourceJson = z.object({ url: z.string().optional() });

/** A URL of the command line, read. */
interface NamedDatabase {
  readonly connection: DatabaseConnection;
  /** The schema of Prisma's own migrations table. */
  readonly schema: string;
}

/** The program's way to the databases that the Prisma CLI names. */
export interface CommandLineDatabases {
  readonly driver: DatabaseDriver;
  /** @throws SchemaEngineError P1013 when the URL cannot be used */
  parseUrl(url: string): NamedDatabase;
}

/**
 * Stands in for Prisma's native `schema-engine` executable: understands its command line and its JSON-RPC
 * over standard input and output, and works with the WebAssembly engine from npm. Sets the exit code.
 */
export async function runStdioServer(
  process: NodeJS.Process,
  { driver, parseUrl }: CommandLineDatabases,
): Promise<void> {
  const { values, positionals } = commandLine.parse(
    parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      // The CLI passes further options (preview features, extension types) that this engine does not need.
      strict: false,
      options: {
        datasource: { type: 'string' },
        datamodels: { type: 'string', multiple: true },
        version: { type: 'boolean' },
        'enabled-preview-features': { type: 'string' },
        'extension-types': { type: 'string' },
      },
    }),
  );
  if (values.version) {
    process.stdout.write(`schema-engine-wasm ${await schemaEngineVersion()}\n`);
    return;
  }
  const log = (entry: string) => process.stderr.write(`${entry.trimEnd()}\n`);
  const database = () => parseUrl(urlIn(values.datasource));

  const [, command] = positionals;
  if (command !== undefined) {
    // The CLI skips the first line of the log and parses every other one.
    log(logEntry('INFO', { message: `Starting the schema engine: ${command}` }));
    try {
      await databaseCommands[command](driver, database().connection);
    } catch (error) {
      log(logEntry('ERROR', errorFields(error)));
      process.exitCode = 1;
    }
    return;
  }

  const readDatamodels = () =>
    Promise.all(
      values.datamodels.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'utf8')]),
    );
  const methods = rpcMethods(async (kind) =>
    openSchemaEngine(driver, {
      ...(kind === 'offline' ? { connection: offlineAdapterFactory } : database()),
      dryRun: kind === 'dry-run',
      ...(values.datamodels.length === 0 ? {} : { datamodels: await readDatamodels() }),
      lockWaitMilliseconds: process.env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK
        ? 'never-lock'
        : CLI_LOCK_WAIT_MILLISECONDS,
      onLog: log,
    }),
  );
  await serveJsonRpc(process.stdin, process.stdout, methods.handle);
  await methods.close();
}

function urlIn(json: string): string {
  const { url } = datasourceJson.parse(JSON.parse(json));
  const missing = url === undefined ? 'datasource.url' : missingVariable(url);
  if (url === undefined || missing !== undefined) {
    throw new SchemaEngineError(
      `Set ${missing} to the URL of the database that this command is to use.`,
      'P1013',
    );
  }
  return url;
}

function errorFields(error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof SchemaEngineError ? error.code : undefined;
  return { is_panic: false, message, ...(code === undefined ? {} : { error_code: code }) };
}

function logEntry(level: 'INFO' | 'ERROR', fields: object): string {
  return JSON.stringify({
    timestamp: new Date().toISOString(),
    level,
    fields,
    target: 'schema_engine::logger',
  });
}
