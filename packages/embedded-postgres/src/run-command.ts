import { spawn } from 'node:child_process';
import { dirname } from 'node:path';

/** User and group to run a program under; empty for the current user. */
export type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

/** The outcome of a finished program, with everything it wrote. */
export interface CommandResult {
  readonly succeeded: boolean;
  readonly outcome: string;
  readonly output: string;
}

/**
 * Environment for the PostgreSQL programs: ours may hold secrets, and PG* or LC_* variables that would change
 * what they do.
 */
export const cleanEnvironment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  SystemRoot: process.env.SystemRoot,
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program to its end under the given account and collects its output; a failure is a result, not an error. */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  account: Account,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      ...account,
      // The current folder may be closed to the account, and initdb insists on knowing where it is.
      cwd: dirname(command),
      env: cleanEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    child.once('error', (error) => {
      resolve({ succeeded: false, outcome: 'could not be run', output: error.message });
    });
    child.once('close', (code, signal) => {
      resolve({ succeeded: code === 0, outcome: signal ?? `exit code ${code}`, output: output.trim() });
    });
  });
}
