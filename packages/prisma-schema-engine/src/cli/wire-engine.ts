import { z } from 'zod';

/** Methods whose parameters and results are those of the WebAssembly engine, which checks their shapes. */
export const passedThroughMethod = z.enum([
  'applyMigrations',
  'dbExecute',
  'devDiagnostic',
  'diagnoseMigrationHistory',
  'ensureConnectionValidity',
  'introspect',
  'introspectSql',
  'markMigrationApplied',
  'markMigrationRolledBack',
  'reset',
]);

/** The engine seen from the wire: methods, not function properties, so that the typed engine fits. */
export interface WireEngine {
  applyMigrations(params: unknown): Promise<unknown>;
  dbExecute(params: unknown): Promise<unknown>;
  devDiagnostic(params: unknown): Promise<unknown>;
  diagnoseMigrationHistory(params: unknown): Promise<unknown>;
  diff(params: unknown): Promise<unknown>;
  ensureConnectionValidity(params: unknown): Promise<unknown>;
  introspect(params: unknown): Promise<unknown>;
  introspectSql(params: unknown): Promise<unknown>;
  markMigrationApplied(params: unknown): Promise<unknown>;
  markMigrationRolledBack(params: unknown): Promise<unknown>;
  reset(params: unknown): Promise<unknown>;
  schemaPush(params: unknown): Promise<unknown>;
}

/** The engine for a call: the CLI's database, that database without writing, or none at all. */
export type EngineKind = 'database' | 'dry-run' | 'offline';

export type CallEngine = (
  kind: EngineKind,
  work: (engine: WireEngine) => Promise<unknown>,
) => Promise<unknown>;

const diffResult = z.object({ exitCode: z.number(), stdout: z.string().nullish() });

/** Compares two states of a schema; with `exitCode: true` in the parameters, 2 means that they differ. */
export async function diff(
  call: CallEngine,
  kind: EngineKind,
  params: unknown,
): Promise<{ exitCode: number; text: string }> {
  const { exitCode, stdout } = diffResult.parse(await call(kind, (engine) => engine.diff(params)));
  return { exitCode, text: stdout ?? '' };
}

const pushParameters = z.looseObject({ schema: z.looseObject({}), filters: z.looseObject({}) });

/** Brings the database to the state of the schema files; on the dry-run engine, says what that would do. */
export async function push(call: CallEngine, kind: EngineKind, params: unknown): Promise<unknown> {
  const { schema, filters } = pushParameters.parse(params);
  // Of the engine's methods that read the database, only `diff` heeds the schema's preview features, and it
  // leaves them switched on. Without `partialIndexes`, every partial index would seem to be missing.
  await diff(call, kind, {
    from: { tag: 'schemaDatasource', ...schema, configDir: '' },
    to: { tag: 'empty' },
    script: false,
    exitCode: null,
    filters,
  });
  return call(kind, (engine) => engine.schemaPush(params));
}
