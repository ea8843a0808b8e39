import { z } from 'zod';
import { SchemaEngineError } from '../deploy/errors.ts';
import type { OpenSchemaEngine } from '../deploy/open-engine.ts';
import type { RequestHandler } from './json-rpc.ts';
import { createMigration, evaluateDataLoss } from './next-migration.ts';
import { type CallEngine, diff, type EngineKind, passedThroughMethod, push } from './wire-engine.ts';

const diffTargets = z.object({ from: z.object({ tag: z.string() }), to: z.object({ tag: z.string() }) });

/** Answers the Prisma CLI's calls with engines that are opened by the first call that needs them. */
export function rpcMethods(open: (kind: EngineKind) => Promise<OpenSchemaEngine>): {
  handle: RequestHandler;
  close(): Promise<void>;
} {
  const engines = new Map<EngineKind, Promise<OpenSchemaEngine>>();
  const engineOf = (kind: EngineKind) => {
    const engine = engines.get(kind) ?? open(kind);
    engines.set(kind, engine);
    return engine;
  };
  const call: CallEngine = async (kind, work) => (await engineOf(kind)).run(work);

  return {
    async handle(method, params, print) {
      switch (method) {
        case 'getDatabaseVersion':
          return (await engineOf('database')).run((engine) => engine.version());
        case 'evaluateDataLoss':
          return evaluateDataLoss(call, params);
        case 'createMigration':
          return createMigration(call, params);
        case 'schemaPush':
          return push(call, 'database', params);
        case 'diff': {
          const { exitCode, text } = await diff(call, engineForDiff(params), params);
          await print(text);
          return { exitCode, stdout: null };
        }
      }
      const known = passedThroughMethod.safeParse(method);
      if (!known.success) throw new SchemaEngineError(`This schema engine has no method ${method}.`);
      return call('database', (engine) => engine[known.data](params));
    },
    async close() {
      for (const engine of engines.values()) {
        await engine.then(
          (opened) => opened.close(),
          // It never opened, and its caller has been told why.
          () => undefined,
        );
      }
    },
  };
}

function engineForDiff(params: unknown): EngineKind {
  const { from, to } = diffTargets.parse(params);
  const isFile = (tag: string) => tag === 'empty' || tag === 'schemaDatamodel';
  return isFile(from.tag) && isFile(to.tag) ? 'offline' : 'database';
}
