import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import type { ComponentType } from 'react';
import type { ConcreteRequest, IEnvironment, ReaderFragment } from 'relay-runtime';

/** The artifacts that relay-compiler generates for the client's operations. */
export interface CompiledClient {
  request(name: string): ConcreteRequest;
  fragment(name: string): ReaderFragment;
  component(name: string): ComponentType<object>;
  createEnvironment(fetch: typeof globalThis.fetch): IEnvironment;
  /** Removes it. */
  remove(): Promise<void>;
}

/**
 * Compiles the client in `client/` against the project's schema, into a folder of its own.
 * @throws with the compiler's words when an operation does not fit the schema or Relay's rules.
 */
export async function compileClient(): Promise<CompiledClient> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-client-'));
  const project = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  await cp(project('test/clients/relay/client'), join(folder, 'client'), { recursive: true });
  await mkdir(join(folder, 'compiled'));
  await cp(project('schema.graphql'), join(folder, 'schema.graphql'));
  // The same React and Relay as the tests'.
  await symlink(project('node_modules'), join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'relay.config.json'),
    JSON.stringify({
      src: './client',
      schema: './schema.graphql',
      language: 'javascript',
      artifactDirectory: './compiled',
      eagerEsModules: false,
    }),
  );
  const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js');
  await promisify(execFile)(process.execPath, [compiler, 'relay.config.json'], { cwd: folder });
  await translate(join(folder, 'client'), join(folder, 'compiled'));
  const load = createRequire(join(folder, 'compiled/'));
  return {
    request: (name) => load(`./${name}.graphql.js`),
    fragment: (name) => load(`./${name}.graphql.js`),
    component: (name) => load(`./${name}.js`)[name],
    createEnvironment: (fetch) => load('./createEnvironment.js').createEnvironment(fetch),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Does what a bundler with Relay's plugin does: each operation becomes what the compiler has made of it. */
async function translate(from: string, to: string): Promise<void> {
  for (const file of await readdir(from)) {
    const source = (await readFile(join(from, file), 'utf8')).replaceAll(
      /graphql`\s*(?:query|mutation|fragment) (\w+)[^`]*`/g,
      "require('./$1.graphql.js')",
    );
    const { code } = await transform(source, { loader: 'jsx', format: 'cjs', jsx: 'automatic' });
    await writeFile(join(to, `${parse(file).name}.js`), code);
  }
}
