import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { z } from 'zod';
import { readFiles } from '../../src/http/graphiql/file-sources.ts';

/**
 * Replaces `import.meta.url` by the URL of the source file, with which modules find files of the project. As seen from the
 * result, so that the project can be moved with it; what needs it has to be in a folder of `outdir`. The result's own
 * folder is `import.meta.dirname`.
 */
export function projectPlaces(outdir: string): Plugin {
  return {
    name: 'project-places',
    setup({ onLoad, initialOptions: { absWorkingDir = '.' } }) {
      const anyResult = resolve(absWorkingDir, outdir, 'chunks');
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const place = JSON.stringify(relative(anyResult, path));
        return {
          contents: source.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
          loader: 'ts',
        };
      });
    },
  };
}

const wasmModuleSchema = z.object({ wasm: z.base64() });

/** The function by which a generated client gets the query compiler, and the module that it is in. */
const compilerGetter =
  /getQueryCompilerWasmModule: async \(\) => \{\s*const \{ wasm \} = await import\("(?<module>[^"]+)"\)\s*return await decodeBase64AsWasm\(wasm\)\s*\}/;

/** Compiled once for all clients, beside whatever else the process does. The bytes are not kept. */
const sharedCompiler = `
import { readFile } from 'node:fs/promises';
import file from 'query-compiler.wasm';
let compiled;
export function compile() {
  compiled ??= readFile(new URL(file, import.meta.url))
    .then((bytes) => WebAssembly.compile(bytes))
    .catch((error) => { compiled = undefined; throw error; });
  return compiled;
}`;

/**
 * Puts Prisma's query compiler beside the bundle as it is. Prisma embeds it in JavaScript as text of 4.6 MB, which
 * stays in memory together with what is decoded from it, once for each generated client.
 */
export const queryCompilerBesideBundle: Plugin = {
  name: 'query-compiler-beside-bundle',
  setup({ onLoad, onResolve }) {
    let embedded = '';
    onLoad({ filter: /src\/generated\/\w+\/internal\/class\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const found = compilerGetter.exec(source)?.groups?.module;
      if (found === undefined) {
        return { errors: [{ text: `${path} does not get its query compiler as Prisma 7.10 does` }] };
      }
      embedded = found;
      const getter = `getQueryCompilerWasmModule: async () => (await import('query-compiler')).compile()`;
      return { contents: source.replace(compilerGetter, getter), loader: 'ts' };
    });
    onResolve({ filter: /^query-compiler(\.wasm)?$/ }, ({ path }) => ({ path, namespace: 'query-compiler' }));
    onLoad({ filter: /compiler$/, namespace: 'query-compiler' }, () => ({
      contents: sharedCompiler,
      loader: 'js',
    }));
    onLoad({ filter: /wasm$/, namespace: 'query-compiler' }, async () => {
      const { wasm } = wasmModuleSchema.parse(await import(embedded));
      return { contents: Buffer.from(wasm, 'base64'), loader: 'file' };
    });
  },
};

/**
 * Puts the files of GraphiQL's page beside the bundle as they are served: 9 MB that a server which shows GraphiQL to
 * nobody never reads, and what makes them is not needed there.
 */
export const graphiqlBesideBundle: Plugin = {
  name: 'graphiql-beside-bundle',
  setup({ onLoad, onResolve }) {
    const made = new Map<string, Uint8Array>();
    onLoad({ filter: /src\/http\/graphiql\/file-sources\.ts$/ }, async () => {
      for (const [name, contents] of Object.entries(await readFiles())) made.set(name, contents);
      const names = [...made.keys()];
      return {
        contents: `
          import { readFile } from 'node:fs/promises';
          ${names.map((name, index) => `import file${index} from 'graphiql-file/${name}';`).join('\n')}
          const files = { ${names.map((name, index) => `'${name}': file${index}`).join(', ')} };
          export async function readFiles() {
            const read = async ([name, file]) => [name, await readFile(new URL(file, import.meta.url))];
            return Object.fromEntries(await Promise.all(Object.entries(files).map(read)));
          }`,
        loader: 'js',
      };
    });
    onResolve({ filter: /^graphiql-file\// }, ({ path }) => ({
      path: path.slice('graphiql-file/'.length),
      namespace: 'graphiql-file',
    }));
    onLoad({ filter: /.*/, namespace: 'graphiql-file' }, ({ path }) => ({
      contents: made.get(path) ?? '',
      loader: 'file',
    }));
  },
};

/** The names that Node.js adds to the exports of a CommonJS module. */
const notByName = ['default', 'module.exports'];

/**
 * Evaluates packages in CommonJS when something is first used that was imported from them by name, instead of at the
 * start: the bundler makes such an import an access to a property, which is a getter here.
 */
export function deferredPackages(packages: readonly string[]): Plugin {
  return {
    name: 'deferred-packages',
    setup({ onLoad, onResolve, initialOptions: { absWorkingDir = '.' } }) {
      onResolve({ filter: /^[@a-z]/ }, ({ kind, path }) =>
        kind === 'import-statement' && packages.includes(path) ? { path, namespace: 'deferred' } : null,
      );
      onLoad({ filter: /.*/, namespace: 'deferred' }, async ({ path }) => {
        const load = `require(${JSON.stringify(path)})`;
        const names = Object.keys(await import(path)).filter((name) => !notByName.includes(name));
        return {
          contents: `module.exports = {${names.map((name) => `get ${name}() { return ${load}.${name}; }`).join(', ')}};`,
          resolveDir: absWorkingDir,
        };
      });
    },
  };
}

/**
 * Takes node:http as CommonJS does. For an `import`, Node.js reads every export, and one of this module's loads
 * the whole of its fetch: 25 ms and 3 MB.
 */
export const builtinsWithoutFacade: Plugin = {
  name: 'builtins-without-facade',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ kind, path }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
