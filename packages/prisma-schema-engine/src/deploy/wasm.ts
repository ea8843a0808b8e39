import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import { z } from 'zod';
import { containPanics, panic } from './panic.ts';

// Node.js has it, but the compiler's es2023 library and @types/node 20 do not declare it.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: unknown } }>;
};

const startable = z.object({
  __wbindgen_start: z.custom<() => void>((value) => typeof value === 'function'),
});

let loading: Promise<typeof bindings.SchemaEngine> | undefined;

/**
 * Prisma's schema engine, compiled once per process; a failed load is tried anew.
 *
 * @throws SchemaEngineError when the engine has panicked in this process: its memory is not to be trusted
 */
export async function loadSchemaEngine(): Promise<typeof bindings.SchemaEngine> {
  const panicked = panic();
  if (panicked) throw panicked;
  loading ??= instantiate().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** The commit of prisma/prisma-engines that the engine was built from. */
export async function schemaEngineVersion(): Promise<string> {
  await loadSchemaEngine();
  return bindings.version();
}

async function instantiate(): Promise<typeof bindings.SchemaEngine> {
  const bindingsPath = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const { instance } = await WebAssembly.instantiate(await readFile(bindingsPath.replace(/\.js$/, '.wasm')), {
    './schema_engine_bg.js': withoutLingeringTimers(containPanics(bindings)),
  });
  const { __wbindgen_start: start } = startable.parse(instance.exports);
  bindings.__wbg_set_wasm(instance.exports);
  start();
  return bindings.SchemaEngine;
}

/**
 * The engine bounds its wait for the advisory lock with a timer that it never clears, which would keep a
 * finished script alive for ten seconds.
 */
function withoutLingeringTimers(imports: Record<string, unknown>): Record<string, unknown> {
  const [setTimer] = Object.keys(imports).filter((name) => name.startsWith('__wbg_setTimeout_'));
  if (setTimer === undefined) return imports;
  return {
    ...imports,
    [setTimer]: (callback: () => void, milliseconds: number) =>
      setTimeout(callback, milliseconds >>> 0).unref(),
  };
}
