import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config/environment.ts';
import { answerSchema, listeningSchema, type Question } from './server-report.ts';

/** A server in a process of its own, so that neither its rival nor the load generator takes its time. */
export interface ServerProcess {
  readonly port: number;
  ask(question: Question): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a program that calls `reportToBenchmark`. @throws when it ends before it listens. */
export async function startServerProcess(
  program: URL,
  environment: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = fork(fileURLToPath(program), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    env: childEnvironment({ NODE_ENV: 'production', ...environment }),
    // Standard output is the benchmark's own.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const exited = once(child, 'exit');
  const nextMessage = async (): Promise<unknown> => {
    const ended = exited.then(() => Promise.reject(new Error(`${program.pathname} ended unexpectedly.`)));
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  const { port } = listeningSchema.parse(await nextMessage());
  return {
    port,
    async ask(question) {
      const answer = nextMessage();
      child.send(question);
      return answerSchema.parse(await answer).answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
