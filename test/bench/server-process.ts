import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config/process-environment.ts';
import { answerSchema, listeningSchema, type Question } from './server-report.ts';

/** A server in a process of its own, so that neither its rival nor the load generator takes its time. */
export interface ServerProcess {
  readonly port: number;
  ask(question: Question): Promise<number>;
  stop(): Promise<void>;
}

/** The command of a server. */
export interface ServerProgram {
  readonly path: string;
  /** Node.js's own flags. */
  readonly flags: readonly string[];
  /** Another Node.js than the one that runs the benchmark. */
  readonly node?: string;
}

/** Set for every server. */
export const serverEnvironment = { NODE_ENV: 'production' };

const reporter = new URL('./report-to-benchmark.mjs', import.meta.url).href;

/** Starts a program of the benchmark's own, which calls `announcePort`. @throws when it ends before it listens. */
export async function startServerProcess(
  program: URL,
  environment: Readonly<Record<string, string>>,
  node?: string,
): Promise<ServerProcess> {
  const path = fileURLToPath(program);
  const child = forkServer(
    { path, flags: ['--import', 'tsx'], ...(node === undefined ? {} : { node }) },
    environment,
  );
  const { port } = listeningSchema.parse(await nextMessage(child, path));
  return handleOf(child, path, port);
}

/** Starts any server, and waits until it serves. @throws when it ends before. */
export async function startForeignServer(
  program: ServerProgram,
  environment: Readonly<Record<string, string>>,
  port: number,
  serves: () => Promise<void>,
): Promise<ServerProcess> {
  const child = forkServer(program, environment);
  await Promise.race([serves(), rejectAtExit(child, program.path)]);
  return handleOf(child, program.path, port);
}

function forkServer(
  { path, flags, node }: ServerProgram,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return fork(path, {
    execArgv: ['--expose-gc', ...flags, '--import', reporter],
    ...(node === undefined ? {} : { execPath: node }),
    env: childEnvironment({ ...serverEnvironment, ...environment }),
    // Standard output is the benchmark's own.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
}

function handleOf(child: ChildProcess, path: string, port: number): ServerProcess {
  return {
    port,
    async ask(question) {
      const answer = nextMessage(child, path);
      child.send(question);
      return answerSchema.parse(await answer).answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

async function nextMessage(child: ChildProcess, path: string): Promise<unknown> {
  const listening = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: listening.signal }),
      rejectAtExit(child, path, listening.signal),
    ]);
    return message;
  } finally {
    listening.abort();
  }
}

async function rejectAtExit(child: ChildProcess, path: string, signal?: AbortSignal): Promise<never> {
  await once(child, 'exit', signal ? { signal } : {});
  throw new Error(`${path} ended unexpectedly.`);
}
