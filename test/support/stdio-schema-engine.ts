import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runStdioEngine } from '../../src/db/prisma-cli/stdio-engine.ts';

/** The output of the executable that the Prisma CLI starts. */
export interface StdioRun {
  readonly exitCode: number;
  readonly output: string;
  readonly log: string;
}

/** Runs that executable's program in this process, with these arguments and lines of input. */
export async function runStdioSchemaEngine(args: string[], input: string[] = []): Promise<StdioRun> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const standIn: NodeJS.Process = Object.create(process, {
    argv: { value: [process.execPath, 'schema-engine.mjs', ...args] },
    stdin: { value: stdin },
    stdout: { value: stdout },
    stderr: { value: stderr },
    exitCode: { value: undefined, writable: true },
  });
  stdin.end(input.map((line) => `${line}\n`).join(''));
  const [output, log] = [text(stdout), text(stderr)];
  await runStdioEngine(standIn).finally(() => {
    stdout.end();
    stderr.end();
  });
  return { exitCode: Number(standIn.exitCode ?? 0), output: await output, log: await log };
}
