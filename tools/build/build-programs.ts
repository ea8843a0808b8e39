import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { build, type OutputFile } from 'esbuild';
import { recordName, recordOf } from './build-state.ts';
import { bundleOptions, externalPackages, projectFolder } from './bundle.ts';

/** Chunks of an earlier build stay this long: a server that was started from it may yet load one. */
const oldChunkMilliseconds = 24 * 60 * 60 * 1_000;

/** The result of a build. */
export interface Build {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Builds the server and the scripts that operators run into `folder`, with source maps. Each file is replaced at once,
 * chunks first, so that a program started meanwhile is either the former one or the new one.
 */
export async function buildPrograms(folder: string): Promise<Build> {
  const { outputFiles, metafile } = await build({
    ...bundleOptions(folder),
    entryPoints: [
      { in: 'src/main.ts', out: 'src/main' },
      { in: 'src/db/prisma-cli/stdio-engine.ts', out: 'schema-engine/stdio-engine' },
      { in: 'tools/build/run-built.ts', out: 'run' },
      { in: 'tools/build/build-state.ts', out: 'build/build-state' },
      ...(await operatorScripts()).map((name) => ({ in: `scripts/${name}.ts`, out: `scripts/${name}` })),
    ],
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs).filter(
    (path) => !path.startsWith('node_modules/') && !path.includes(':'),
  );
  const manifests = ['package.json', 'node_modules/.package-lock.json'];
  const record = recordOf(
    projectFolder,
    [
      ...inputs,
      ...(await ownSources()),
      ...manifests.filter((file) => existsSync(join(projectFolder, file))),
    ],
    externalPackages,
  );
  const isChunk = ({ path }: OutputFile) => basename(dirname(path)) === 'chunks';
  for (const file of outputFiles.filter(isChunk)) await replace(file.path, file.contents);
  for (const file of outputFiles.filter((output) => !isChunk(output)))
    await replace(file.path, file.contents);
  await replace(join(folder, recordName), JSON.stringify(record));
  await removeOld(folder, new Set(outputFiles.map(({ path }) => path)));
  return {
    files: outputFiles.length,
    bytes: outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0),
  };
}

async function operatorScripts(): Promise<string[]> {
  const names = await readdir(join(projectFolder, 'scripts'));
  return names.filter((name) => name.endsWith('.ts')).map((name) => name.replace(/\.ts$/, ''));
}

/** The sources of the way of building, and those of GraphiQL's page, which are bundled apart. */
async function ownSources(): Promise<string[]> {
  const folders = [import.meta.dirname, join(projectFolder, 'src/http/graphiql/browser')];
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  return files.flat().map((file) => relative(projectFolder, file));
}

async function replace(path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const executable = basename(path) === 'run.js';
  await writeFile(`${path}.${process.pid}`, contents, { mode: executable ? 0o755 : 0o644 });
  await rename(`${path}.${process.pid}`, path);
}

async function removeOld(folder: string, current: ReadonlySet<string>): Promise<void> {
  // What V8 has compiled of an earlier build; a running server has read what it needs of it.
  await rm(join(folder, 'compile-cache'), { recursive: true, force: true, maxRetries: 3 });
  for (const name of await readdir(join(folder, 'chunks'))) {
    const path = join(folder, 'chunks', name);
    if (current.has(path)) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > oldChunkMilliseconds) await rm(path);
  }
}
