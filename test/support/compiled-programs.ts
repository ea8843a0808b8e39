import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { z } from 'zod';
import { bundleOptions } from '../../tools/build/bundle.ts';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** The files of the project's programs, and of those that tests start. */
const programs = [
  'src/main.ts',
  'scripts/*.ts',
  'tools/*.ts',
  'test/support/*-and-die.ts',
  'test/support/flood-documents.ts',
  'test/support/panic-the-engine.ts',
];

const manifestSchema = z.object({ devDependencies: z.record(z.string(), z.string()) });

/**
 * Bundles the project's programs as for production, once for the whole run: tests start more than a hundred of them,
 * and a short one would spend most of its time in `tsx`.
 * @returns the folder of the programs, in which {@link compiledProgram} finds them; the caller removes it.
 */
export async function compilePrograms(): Promise<string> {
  const cache = join(projectFolder, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  // Inside the project, so that packages are found; a new folder, so that two runs don't collide.
  const folder = await mkdtemp(join(cache, 'programs-'));
  try {
    const { devDependencies } = manifestSchema.parse(
      JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8')),
    );
    const options = bundleOptions(folder);
    await build({
      ...options,
      entryPoints: programs,
      entryNames: 'programs/[name]',
      outExtension: { '.js': '.mjs' },
      external: [...options.external, ...Object.keys(devDependencies).filter(isFromNpm), 'esbuild'],
    });
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}

/** Packages of this project are TypeScript. */
function isFromNpm(name: string): boolean {
  return !name.startsWith('@cxg/');
}

/** The path of a compiled program, which is named by its source. */
export function compiledProgram(folder: string, source: string): string {
  return join(folder, 'programs', basename(source).replace(/\.ts$/, '.mjs'));
}
