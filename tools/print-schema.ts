import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { z } from 'zod';
import { print, printJson, runScript, script } from '../scripts/support/script.ts';

const program = script('print-schema', 'Prints the GraphQL schema into schema.graphql.').option(
  '--check',
  'only say whether schema.graphql is what the code makes; exits with 1 when not',
);

const file = new URL('../schema.graphql', import.meta.url);

await runScript(program, async () => {
  // Here, so that a schema that can't be built is told as a failure of this script.
  const { schema } = await import('../src/schema.ts');
  const { check, json } = z
    .object({ check: z.boolean().default(false), json: z.boolean().default(false) })
    .parse(program.opts());
  const printed = `${printSchema(lexicographicSortSchema(schema))}\n`;
  const current = await readFile(file, 'utf8').catch(() => '');
  const stale = printed !== current;
  if (stale && !check) await writeFile(file, printed);
  const outcome = stale ? (check ? 'stale' : 'written') : 'up to date';
  if (json) printJson({ outcome });
  else
    print(
      outcome === 'stale'
        ? 'schema.graphql is stale: run npm run schema:print.'
        : `schema.graphql is ${outcome}.`,
    );
  return check && stale ? 1 : 0;
});
