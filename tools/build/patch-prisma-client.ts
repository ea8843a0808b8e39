/**
 * Corrects three things in Prisma's client. Run by `npm install`; where it was run before, it does nothing. With another
 * version of Prisma it fails: somebody has to see whether it still fits, or is needed at all.
 *
 * - The clients of one process share what is the same in all of them: each decodes a description of the whole schema anew
 *   (1.3 MB of heap for 9 models), and never changes what it has decoded (test/integration/tenant-heap.test.ts measures it).
 * - The same for what is made of a query, which depends on the schema and on nothing of a client's: its query compiler,
 *   and the plans that this makes of queries without their values. Anew in each client, they are half of a cold tenant's
 *   first request (test/integration/shared-plans.test.ts).
 * - Its debug log keeps the last 100 statements with their values, of all tenants, although nobody reads them unless
 *   DEBUG is set, and looks DEBUG up for each (test/integration/statement-history.test.ts).
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const patchedVersion = '7.10.0';

const packages = new URL('../../node_modules/@prisma/', import.meta.url);

/** A text in a bundle, and what takes its place. */
interface Patch {
  readonly original: string;
  readonly patched: string;
}

/** `ParamGraph.deserialize` (packages/param-graph/src/param-graph.ts in prisma/prisma). */
const decodingOnce = (decode: string): Patch => ({
  original: `static deserialize(t,r){let n=${decode}(t);return new e(n,r)}`,
  patched: `static decoded=new WeakMap;static deserialize(t,r){let n=e.decoded.get(t);n||e.decoded.set(t,n=${decode}(t));return new e(n,r)}`,
});

/** `ClientEngine` and `QueryPlanCache` (packages/client/src/runtime/core/engines/client). */
const compilingOnce = (planCache: string): readonly Patch[] => [
  {
    original: `var ${planCache}=class{#e;#t;#r;constructor(t=1e3)`,
    patched: `var ${planCache}=class e{static ofSchema=new WeakMap;static shared({parameterizationSchema:t,queryPlanCacheMaxSize:r}){let n=e.ofSchema.get(t);n||e.ofSchema.set(t,n=new e(r));return n}compilers=new Map;compiler(t,r){let n=this.compilers.get(t);n||this.compilers.set(t,n=r());return n}#e;#t;#r;constructor(t=1e3)`,
  },
  {
    original: `this.#o=t.queryPlanCacheMaxSize===0?void 0:new ${planCache}(t.queryPlanCacheMaxSize)`,
    patched: `this.#o=t.queryPlanCacheMaxSize===0?void 0:${planCache}.shared(t)`,
  },
  {
    original: 'this.#m(()=>new r({datamodel:this.datamodel,provider:n,connectionInfo:i}),void 0,!1)',
    patched: `${planCache}.shared(this.config).compiler(JSON.stringify([n,i]),()=>this.#m(()=>new r({datamodel:this.datamodel,provider:n,connectionInfo:i}),void 0,!1))`,
  },
  // Other clients go on using it.
  {
    original: 'await t.executor.disconnect(),t.queryCompiler.free()',
    patched: 'await t.executor.disconnect(),void 0',
  },
  { original: 'n?.free(),await r?.disconnect(),o', patched: 'void 0,await r?.disconnect(),o' },
];

/** `debugCall` (packages/debug/src/index.ts), minified. */
const minifiedHistory = (history: string): Patch => ({
  original: `let{enabled:i,namespace:o,color:s,log:a}=t;if(n.length!==0&&${history}.push(`,
  patched: `let{enabled:i,namespace:o,color:s,log:a}=t;if(!globalThis.DEBUG&&!i)return;if(n.length!==0&&${history}.push(`,
});

const plainHistory: Patch = {
  original: 'const { enabled, namespace: namespace2, color, log } = instanceProps;\n',
  patched:
    'const { enabled, namespace: namespace2, color, log } = instanceProps;\n    if (!globalThis.DEBUG && !enabled) return;\n',
};

for (const folder of ['client', 'debug']) await assertVersion(folder);
await apply('client/runtime/client.js', [decodingOnce('Ba'), ...compilingOnce('gn'), minifiedHistory('Lt')]);
await apply('client/runtime/client.mjs', [decodingOnce('Na'), ...compilingOnce('cn'), minifiedHistory('Ft')]);
await apply('debug/dist/index.mjs', [plainHistory]);
await apply('debug/dist/index.js', [plainHistory]);

async function assertVersion(folder: string): Promise<void> {
  const manifest = await readFile(new URL(`${folder}/package.json`, packages), 'utf8');
  const version = /"version": "([^"]+)"/.exec(manifest)?.[1];
  if (version !== patchedVersion) {
    refuse(`@prisma/${folder} is ${version}, and the patch is for ${patchedVersion}`);
  }
}

async function apply(file: string, patches: readonly Patch[]): Promise<void> {
  const path = fileURLToPath(new URL(file, packages));
  const source = await readFile(path, 'utf8');
  const result = patches.reduce((text, { original, patched }) => {
    if (text.includes(patched)) return text;
    if (text.split(original).length !== 2) refuse(`@prisma/${file} is not what the patch was written for`);
    return text.replace(original, () => patched);
  }, source);
  if (result === source) return;
  // A new file in its place, and never half of one: a package manager may have linked this one into other projects.
  await writeFile(`${path}.patched`, result);
  await rename(`${path}.patched`, path);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}: see tools/build/patch-prisma-client.ts.\n`);
  process.exit(1);
}
