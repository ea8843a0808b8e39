import { execFile, spawn } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { compiledProgram } from './compiled-programs.ts';

/** The result of a process. */
export interface ProcessOutcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The arguments that run a TypeScript file, whose path is relative to the project's folder, as it was compiled. V8 compiles
 * Prisma's WebAssembly quickly at first; compiling it again for speed would take longer than a script runs.
 */
const program = (file: string) => ['--liftoff-only', compiledProgram(inject('programsFolder'), file)];

/** Runs a TypeScript file of the project, given from the project's folder, to its end in `folder`. */
export function runScript(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
  folder = projectFolder,
): Promise<ProcessOutcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...program(file), ...args],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment } },
      (error, stdout, stderr) => {
        resolve({ exitCode: error ? child.exitCode : 0, signal: child.signalCode, stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}

/** A process that goes on until it is told to stop. */
export interface RunningProcess {
  readonly processId: number;
  readonly output: () => string;
  /** Resolves with the first match of `pattern` in the output; rejects when the process ends without one. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal, and resolves with the exit code once no process holds the output open. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves with the exit code when the process ends by itself. */
  readonly exited: Promise<number | null>;
  /** Stops reading the process's output, like a terminal that closes. */
  stopReading(): void;
  /** Sends the signal to the process and all that it has started, as a terminal does; for package scripts. */
  stopGroup(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a TypeScript file of the project in `folder`. */
export function startScript(
  file: string,
  environment: Readonly<Record<string, string>>,
  folder = projectFolder,
): RunningProcess {
  return start(process.execPath, program(file), environment, { cwd: folder });
}

/** Starts Node.js in the project's folder. */
export function startNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): RunningProcess {
  return start(process.execPath, args, environment, { cwd: projectFolder });
}

/** Starts a script of the package.json in `folder` like `npm run`, in its own process group. */
export function startPackageScript(
  name: string,
  environment: Readonly<Record<string, string>>,
  folder = projectFolder,
): RunningProcess {
  return start('npm', ['run', name], environment, { cwd: folder, detached: true });
}

/** Fills an empty folder so that npm takes it for the project, while whatever is written there stays there. */
export async function linkProject(folder: string): Promise<void> {
  const parts = [
    'package.json',
    'node_modules',
    'src',
    'scripts',
    'tools',
    'packages',
    'prisma',
    'prisma-central',
  ];
  await Promise.all(parts.map((part) => symlink(join(projectFolder, part), join(folder, part))));
}

function start(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  options: { readonly cwd: string; readonly detached?: boolean },
): RunningProcess {
  const child = spawn(command, args, {
    ...options,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid: processId } = child;
  if (processId === undefined) throw new Error(`${command} could not be started.`);
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
    processId,
    exited,
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
    stopReading() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    stop: (signal) => {
      child.kill(signal);
      return exited;
    },
    stopGroup: (signal) => {
      process.kill(-processId, signal);
      return exited;
    },
  };
}
