import { fileURLToPath } from 'node:url';

/** The files that the GraphiQL page loads. */
export const fileNames = [
  'page.js',
  'page.css',
  'graphiql.js',
  'graphiql.css',
  'editor-worker.js',
  'json-worker.js',
  'graphql-worker.js',
  'favicon.ico',
] as const;

/** One of the files, before its name includes its version. */
export type FileName = (typeof fileNames)[number];

/**
 * Builds the files from the package and our own sources. The production build does this once, and replaces this module
 * by one that reads the results.
 */
export async function readFiles(): Promise<Readonly<Record<FileName, Uint8Array>>> {
  const [graphiql, own] = await Promise.all([import('@graphql-yoga/render-graphiql/graphiql'), bundlePage()]);
  return {
    ...own,
    'graphiql.js': Buffer.from(graphiql.js),
    'graphiql.css': Buffer.from(graphiql.css),
    'editor-worker.js': Buffer.from(graphiql.editorWorkerService),
    'json-worker.js': Buffer.from(graphiql.jsonWorker),
    'graphql-worker.js': Buffer.from(graphiql.graphqlWorker),
    'favicon.ico': Buffer.from(graphiql.favicon.replace(/^data:[^,]*;base64,/, ''), 'base64'),
  };
}

async function bundlePage() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL('browser', import.meta.url)),
    entryPoints: [
      { in: 'main.ts', out: 'page' },
      { in: 'page.css', out: 'page' },
    ],
    outdir: '.',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    tsconfigRaw: {},
  });
  const contents = (ending: string) => {
    const file = outputFiles.find(({ path }) => path.endsWith(ending));
    if (!file) throw new Error(`The page has no file in ${ending}`);
    return file.contents;
  };
  return { 'page.js': contents('.js'), 'page.css': contents('.css') };
}
