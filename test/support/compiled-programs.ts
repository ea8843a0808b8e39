import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Where the project's programs are, and those that tests start. */
const programs = ['src/main.ts', 'scripts/*.ts', 'test/support/*.ts'];

/** Some modules find files of the project by where they are themselves. */
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
 * Compiles the project's programs once for the entire run: tests start more than a hundred of them, and most of the time
 * of a short one is taken by `tsx`.
 * @returns the folder with the compiled programs, each as in the project but with the ending `.mjs`; the caller removes it.
 */
export async function compilePrograms(): Promise<string> {
  const cache = join(projectFolder, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  // Within the project, so that packages are found; of its own, so that two runs don't meet.
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
