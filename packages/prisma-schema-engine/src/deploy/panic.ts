import { SchemaEngineError } from './errors.ts';

let panicked: SchemaEngineError | undefined;
const callsInFlight = new Set<(reason: SchemaEngineError) => void>();

/** The engine's panic in this process, if there was one. */
export function panic(): SchemaEngineError | undefined {
  return panicked;
}

/** The call's outcome, or the panic that keeps the call from ever having one. */
export function orPanic<Result>(call: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    callsInFlight.add(reject);
    call.then(resolve, reject).finally(() => callsInFlight.delete(reject));
  });
}

/**
 * The engine's imports, changed so that a panic (a bug in the engine) fails the calls in flight. As they come
 * from npm, the panic would leave them unanswered and end the process from a microtask.
 */
export function containPanics(imports: object): Record<string, unknown> {
  // The engine looks for this name.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: recordPanic } });
  return Object.fromEntries(
    Object.entries(imports).map(([name, binding]) =>
      name.startsWith('__wbg_queueMicrotask_') ? [name, queueContained] : [name, binding],
    ),
  );
}

function recordPanic(message: string): void {
  panicked = new SchemaEngineError(`The schema engine panicked, which is a bug in it: ${message}`);
  for (const reject of callsInFlight) reject(panicked);
}

/** Serves both imports of this name: one takes a task, the other the global object, to look the function up. */
function queueContained(taskOrGlobal: unknown): unknown {
  if (typeof taskOrGlobal !== 'function') return queueMicrotask;
  queueMicrotask(() => {
    try {
      Reflect.apply(taskOrGlobal, undefined, []);
    } catch (error) {
      if (panicked === undefined) throw error;
    }
  });
  return undefined;
}
