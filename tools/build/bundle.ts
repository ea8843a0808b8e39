import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import {
  builtinsWithoutFacade,
  deferredPackages,
  graphiqlBesideBundle,
  projectPlaces,
  queryCompilerBesideBundle,
} from './plugins.ts';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Packages that stay packages: with a native module or WebAssembly that they look for beside themselves, or a program
 * of its own.
 */
export const externalPackages = ['argon2', '@prisma/schema-engine-wasm', 'prisma'];

/**
 * Packages that a server may never need: lists of passwords and domains, the clients of Redis and Vault.
 * Loaded at the start, they take 15 MB and 60 ms.
 */
const packagesForLater = ['@zxcvbn-ts/language-common', 'ioredis', 'tldts', 'undici'];

/** Packages in CommonJS call these, which ES modules don't have. */
const commonJsNames = `\
import { createRequire as __createRequire } from 'node:module';
import { dirname as __dirnameOf } from 'node:path';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __dirnameOf(__filename);`;

/**
 * The way programs are bundled with their packages, for production as for the tests that start processes.
 *
 * Names stay as they are, because error messages and stack traces show them. What is imported lazily stays in files of
 * its own.
 * @param outdir the folder of the result: entries in folders of it, and all else in `chunks/`.
 */
export function bundleOptions(outdir: string) {
  return {
    absWorkingDir: projectFolder,
    outbase: '.',
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifyWhitespace: true,
    minifySyntax: true,
    // A failure shows the line that it comes from.
    lineLimit: 160,
    legalComments: 'external',
    banner: { js: commonJsNames },
    define: {
      'process.env.NODE_ENV': '"production"',
      'globalThis.process.env.NODE_ENV': '"production"',
      // Yoga compares its own with Node.js's, and the question alone loads the whole of fetch: 25 ms and 4 MB.
      'globalThis.Request': 'undefined',
    },
    // Its ES modules for whoever asks, so that there is one copy.
    alias: { graphql: 'graphql/index.mjs' },
    // The last is an option of pg that is not installed.
    external: [...externalPackages, 'pg-native'],
    plugins: [
      deferredPackages(packagesForLater),
      queryCompilerBesideBundle,
      graphiqlBesideBundle,
      projectPlaces(outdir),
      builtinsWithoutFacade,
    ],
  } satisfies BuildOptions;
}
