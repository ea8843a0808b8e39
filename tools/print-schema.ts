import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { z } from 'zod';
import { print, printJson, runScript, script } from '../scripts/support/script.ts';

const program = script(
  'print-schema',
  'Prints the GraphQL schema into schema.graphql, and what screens cost into docs/clients.md.',
).option('--check', 'only say whether these are what the code makes; exits with 1 when not');

await runScript(program, async () => {
  // Here, so that a schema that can't be built is told as a failure of this script.
  const { schema } = await import('../src/schema.ts');
  const { writeScreenCosts } = await import('./support/screen-costs.ts');
  /** Returns the expected content of each file, given its current one. */
  const files: Readonly<Record<string, (current: string) => string>> = {
    'schema.graphql': () => `${printSchema(lexicographicSortSchema(schema))}\n`,
    'docs/clients.md': writeScreenCosts,
  };
  const { check, json } = z
    .object({ check: z.boolean().default(false), json: z.boolean().default(false) })
    .parse(program.opts());
  const outcomes: Record<string, 'stale' | 'written' | 'up to date'> = {};
  for (const [name, make] of Object.entries(files)) {
    const file = new URL(`../${name}`, import.meta.url);
    const current = await readFile(file, 'utf8').catch(() => '');
    const made = make(current);
    outcomes[name] = made === current ? 'up to date' : check ? 'stale' : 'written';
    if (outcomes[name] === 'written') await writeFile(file, made);
  }
  if (json) printJson(outcomes);
  else {
    for (const [name, outcome] of Object.entries(outcomes)) {
      print(outcome === 'stale' ? `${name} is stale: run npm run schema:print.` : `${name} is ${outcome}.`);
    }
  }
  return Object.values(outcomes).includes('stale') ? 1 : 0;
});
