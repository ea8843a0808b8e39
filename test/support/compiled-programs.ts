import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** The files of the project's programs, and of those that tests start. */
const programs = ['src/main.ts', 'scripts/*.ts', 'test/support/*.ts'];

/** Keeps the source's path in `import.meta.url`: some modules use it to find files of the project. */
const modulesInTheirPlaces: Plugin = {
  name: 'modules-in-their-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    }));
  },
};

/**
 * Compiles the project's programs once for the whole run: tests start more than a hundred of them, and a short one
 * spends most of its time in `tsx`.
 * @returns the folder of the compiled programs, laid out like the project but with the extension `.mjs`; the caller
 * removes it.
 */
export async function compilePrograms(): Promise<string> {
  const cache = join(projectFolder, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  // Inside the project, so that packages are found; a new folder, so that two runs don't collide.
  const folder = await mkdtemp(join(cache, 'programs-'));
  try {
    await build({
      absWorkingDir: projectFolder,
      entryPoints: programs,
      outbase: '.',
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      plugins: [modulesInTheirPlaces],
      platform: 'node',
      format: 'esm',
      target: 'node20',
    });
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true });
    throw error;
  }
}
