import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { z } from 'zod';

const debugModule = z.object({ Debug: z.function(), getLogs: z.function() });

/** Loads Prisma's debug log as its adapter does. */
async function loadDebugLog() {
  const path = createRequire(import.meta.url).resolve('@prisma/debug');
  return { path, ...debugModule.parse(await import(path)) };
}

it('keeps no statement of any tenant in memory, unless somebody asks for Prisma’s debug log', async () => {
  const { Debug, getLogs } = await loadDebugLog();
  const log: unknown = Reflect.apply(Debug, undefined, ['prisma:driver-adapter:pg']);
  if (typeof log !== 'function') throw new Error('Prisma’s debug log is another one by now.');
  Reflect.apply(log, undefined, ['SELECT 1 WHERE secret = $1', 'the value of a tenant']);
  expect(Reflect.apply(getLogs, undefined, [])).not.toContain('the value of a tenant');
});

it('is patched in the client’s own copies as well', async () => {
  const runtime = createRequire(import.meta.url).resolve('@prisma/client/runtime/client');
  for (const file of [runtime, runtime.replace(/\.js$/, '.mjs')]) {
    expect(await readFile(file, 'utf8')).toContain('if(!globalThis.DEBUG&&!i)return;');
  }
});
