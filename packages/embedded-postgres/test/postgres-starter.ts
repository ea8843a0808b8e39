import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const embeddedPostgres = new URL('../src/index.ts', import.meta.url).href;
const startedMessage = z.object({ processId: z.number(), superuserUrl: z.string() });

const program = `
  import { startEmbeddedPostgres } from ${JSON.stringify(embeddedPostgres)};
  process.on('SIGINT', () => console.log('interrupted'));
  const server = await startEmbeddedPostgres({ dataDirectory: process.argv[1], durable: true });
  process.stdin.resume().once('end', () => server.stop());
  const { processId, superuserUrl } = server;
  console.log(JSON.stringify({ processId, superuserUrl }));
`;

/** Another process, leading a process group, that starts PostgreSQL and lives until killed or the tests end. */
export interface PostgresStarter {
  readonly processId: number;
  /** The next line that it prints. */
  nextLine(): Promise<string>;
  /** The report of a running server. */
  started(): Promise<z.infer<typeof startedMessage>>;
  /** Kills the process alone, or with all of its process group, and waits for its end. */
  kill(whom: 'process' | 'group'): Promise<void>;
}

/** Runs a process that starts PostgreSQL on the folder, for tests of what happens when such a process dies. */
export function spawnPostgresStarter(dataDirectory: string): PostgresStarter {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program, dataDirectory],
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => z.string().parse((await lines.next()).value);
  const processId = z.number().parse(child.pid);
  return {
    processId,
    nextLine,
    started: async () => startedMessage.parse(JSON.parse(await nextLine())),
    kill: async (whom) => {
      if (child.exitCode === null && child.signalCode === null) {
        process.kill(whom === 'group' ? -processId : processId, 'SIGKILL');
      }
      await exit;
    },
  };
}
