import { execFile, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** How a process ended. */
export interface ProcessOutcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** By its path, because a script may be started in a folder from which the package can't be found by name. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;

/** Runs a TypeScript file of the project, given from the project's folder, to its end. */
export function runScript(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', tsx, file, ...args],
      { cwd: projectFolder, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment } },
      (error, stdout, stderr) => {
        resolve({ exitCode: error ? child.exitCode : 0, signal: child.signalCode, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}

/** A process that goes on until it is told to stop. */
export interface RunningProcess {
  readonly output: () => string;
  /** Resolves with the first match of `pattern` in the output; rejects when the process ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and resolves with the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a TypeScript file of the project in `folder`. */
export function startScript(
  file: string,
  environment: Readonly<Record<string, string>>,
  folder = projectFolder,
): RunningProcess {
  const child = spawn(
    process.execPath,
    ['--import', tsx, fileURLToPath(new URL(`../../${file}`, import.meta.url))],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    output: () => output,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (!match) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        exited.then(() => reject(new Error(`The process ended without ${pattern}:\n${output}`)));
      }),
    stop: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
