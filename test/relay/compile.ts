import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ConcreteRequest, ReaderFragment } from 'relay-runtime';

/** What relay-compiler has made of the client's operations. */
export interface CompiledClient {
  request(name: string): ConcreteRequest;
  fragment(name: string): ReaderFragment;
  /** Removes it. */
  remove(): Promise<void>;
}

/**
 * Compiles the operations in `client/` against the project's schema, into a folder of their own.
 * @throws with the compiler's words when one does not fit the schema or Relay's rules.
 */
export async function compileClient(): Promise<CompiledClient> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-client-'));
  const project = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  await cp(project('test/relay/client'), join(folder, 'client'), { recursive: true });
  await mkdir(join(folder, 'compiled'));
  await cp(project('schema.graphql'), join(folder, 'schema.graphql'));
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
  const load = createRequire(join(folder, 'compiled/'));
  return {
    request: (name) => load(`./${name}.graphql.js`),
    fragment: (name) => load(`./${name}.graphql.js`),
    remove: () => rm(folder, { recursive: true }),
  };
}
