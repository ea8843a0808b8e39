/**
 * Makes the clients of one process share what is the same in all of them: Prisma's client decodes a description of the
 * whole schema anew for each instance (1.3 MB of heap for 9 models), and never changes what it has decoded. Run by
 * `npm install`; where it was run before, it does nothing. With another version of Prisma it fails: somebody has to
 * see whether it still fits, or is needed at all (test/integration/tenant-heap.test.ts measures it).
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const patchedVersion = '7.10.0';

/** `ParamGraph.deserialize` (packages/param-graph/src/param-graph.ts in prisma/prisma) as it stands in each bundle. */
const bundles = [
  { file: 'client.js', decode: 'Ba' },
  { file: 'client.mjs', decode: 'Na' },
];

const clientFolder = new URL('../../node_modules/@prisma/client/', import.meta.url);

const manifest = await readFile(new URL('package.json', clientFolder), 'utf8');
const version = /"version": "([^"]+)"/.exec(manifest)?.[1];
if (version !== patchedVersion)
  refuse(`@prisma/client is ${version}, and the patch is for ${patchedVersion}`);
for (const bundle of bundles) await patch(bundle.file, bundle.decode);

async function patch(file: string, decode: string): Promise<void> {
  const original = `static deserialize(t,r){let n=${decode}(t);return new e(n,r)}`;
  const patched = `static decoded=new WeakMap;static deserialize(t,r){let n=e.decoded.get(t);n||e.decoded.set(t,n=${decode}(t));return new e(n,r)}`;
  const path = fileURLToPath(new URL(`runtime/${file}`, clientFolder));
  const source = await readFile(path, 'utf8');
  if (source.includes(patched)) return;
  if (source.split(original).length !== 2)
    refuse(`${file} of @prisma/client is not what the patch was written for`);
  // A new file in its place, and never half of one: a package manager may have linked this one into other projects.
  await writeFile(`${path}.patched`, source.replace(original, patched));
  await rename(`${path}.patched`, path);
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}: see scripts/support/patch-prisma-client.ts.\n`);
  process.exit(1);
}
