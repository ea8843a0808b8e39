#!/usr/bin/env node
/**
 * Runs a program of the build, which is named by its source: `node dist/run.js scripts/provision-tenant.ts --help`.
 * In the image, which has no compiler, this is what `npx tsx` starts.
 */
import { existsSync, readdirSync } from 'node:fs';
import module from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const buildFolder = import.meta.dirname;
const projectFolder = resolve(buildFolder, '..');

// Node.js 20 has none. Not in the folder for temporary files, where somebody else could put something.
const enableCompileCache: unknown = Reflect.get(module, 'enableCompileCache');
if (typeof enableCompileCache === 'function') enableCompileCache(join(buildFolder, 'compile-cache'));

const [given = ''] = process.argv.splice(2, 1);
const source = relative(projectFolder, resolve(given));
const program = join(buildFolder, source.replace(/\.ts$/, '.js'));
if (/^(src|scripts)\/[\w-]+\.ts$/.test(source) && existsSync(program)) await run();
else refuse();

async function run(): Promise<void> {
  process.argv[1] = program;
  const { nameSourcesInStackTraces } = await import('./stack-traces.ts');
  nameSourcesInStackTraces(buildFolder);
  const { outdatedBy } = await import('./build-state.ts');
  const changed = outdatedBy(projectFolder, buildFolder);
  if (changed !== null) {
    process.stderr.write(
      `Warning: ${relative('.', buildFolder)} was built from another ${changed}. What runs is the older code: run "npm run build".\n`,
    );
  }
  if (source === 'src/main.ts') await withSmallNewSpace(() => import(pathToFileURL(program).href));
  else await import(pathToFileURL(program).href);
}

/**
 * Keeps V8 from enlarging its space for new objects while the server starts, when nearly all of them stay: 12 MB that
 * would be in use from then on. Requests are served with V8's own factor.
 */
async function withSmallNewSpace(start: () => Promise<unknown>): Promise<void> {
  setFlagsFromString('--semi-space-growth-factor=1');
  await start();
  setFlagsFromString('--semi-space-growth-factor=2');
}

function refuse(): void {
  const scripts = readdirSync(join(buildFolder, 'scripts')).filter((name) => name.endsWith('.js'));
  const programs = ['src/main.ts', ...scripts.map((name) => `scripts/${name.replace(/\.js$/, '.ts')}`)];
  process.stderr.write(
    `${given === '' ? 'No program was named' : `${given} is not in the build`}. These are: ${programs.join(', ')}.\n`,
  );
  process.exitCode = 1;
}
