import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ServerProgram } from './server-process.ts';

const project = new URL('../../', import.meta.url);

const manifestSchema = z.object({ scripts: z.object({ start: z.string() }) });

/** The program that serves the application. */
export interface StartCommand extends ServerProgram {
  readonly name: string;
}

/** Finds what `npm start` runs. */
export function findStartCommand(): StartCommand {
  const { scripts } = manifestSchema.parse(
    JSON.parse(readFileSync(new URL('package.json', project), 'utf8')),
  );
  const [, words] = /^(?:exec )?node (.+)$/.exec(scripts.start) ?? [];
  const flags = words?.split(' ') ?? [];
  const program = flags.pop();
  if (program === undefined) throw new Error('«npm start» is no command that the benchmark can run.');
  return { name: `node ${words}`, path: fileURLToPath(new URL(program, project)), flags };
}
