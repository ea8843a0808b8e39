import { z } from 'zod';

const compilerModule = z.object({ QueryCompiler: z.custom<{ readonly prototype: object }>(isClass) });

function isClass(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

/** Counts how often Prisma plans a query while `work` runs. */
export async function recordCompilations(work: () => Promise<unknown>): Promise<number> {
  const path = '@prisma/client/runtime/query_compiler_fast_bg.postgresql.mjs';
  const { prototype } = compilerModule.parse(await import(path)).QueryCompiler;
  const compile: unknown = Reflect.get(prototype, 'compile');
  if (typeof compile !== 'function') throw new Error('Prisma’s query compiler is another one by now.');
  let count = 0;
  Reflect.set(prototype, 'compile', function record(this: unknown, ...args: unknown[]) {
    count++;
    return Reflect.apply(compile, this, args);
  });
  try {
    await work();
  } finally {
    Reflect.set(prototype, 'compile', compile);
  }
  return count;
}
