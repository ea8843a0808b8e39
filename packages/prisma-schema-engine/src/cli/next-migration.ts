// The WebAssembly engine's own `evaluateDataLoss` and `createMigration` compare with a schema that its
// `devDiagnostic` has cached, and has described without the preview feature `partialIndexes`: every
// `migrate dev` would make all partial indexes anew. Here, `diff` and `schemaPush` take their place.
import { z } from 'zod';
import { type CallEngine, diff, push } from './wire-engine.ts';

const nextMigration = z.object({
  migrationsList: z.looseObject({
    // The first migration of a schema is made before the file that names its kind of database.
    lockfile: z.looseObject({
      content: z
        .string()
        .nullable()
        .transform((content) => content ?? 'provider = "postgresql"\n'),
    }),
  }),
  schema: z.looseObject({}),
  filters: z.looseObject({}),
});

const newMigration = nextMigration.extend({ migrationName: z.string(), draft: z.boolean() });

type NextMigration = z.infer<typeof nextMigration>;

const pushResult = z.object({ warnings: z.array(z.string()), unexecutable: z.array(z.string()) });

/** Foretells what the migration that `migrate dev` is about to write would do to the data. Changes nothing. */
export async function evaluateDataLoss(call: CallEngine, params: unknown) {
  const next = nextMigration.parse(params);
  const { differs } = await compare(call, next);
  const { warnings, unexecutable } = differs
    ? await consequences(call, next)
    : { warnings: [], unexecutable: [] };
  const feedback = (message: string) => ({ message, stepIndex: 0 });
  return {
    migrationSteps: differs ? 1 : 0,
    warnings: warnings.map(feedback),
    unexecutableSteps: unexecutable.map(feedback),
  };
}

/** The migration that leads from the migrations folder to the schema; its script is null if nothing differs. */
export async function createMigration(call: CallEngine, params: unknown) {
  const { migrationName, draft, ...next } = newMigration.parse(params);
  const { differs, script } = await compare(call, next);
  const timestamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 'yyyymmddhhmmss'.length);
  return {
    connectorType: 'postgresql',
    generatedMigrationName: migrationName === '' ? timestamp : `${timestamp}_${migrationName}`,
    migrationScript: await (differs ? withWarnings(call, next, script) : draft ? script : null),
    extension: 'sql',
  };
}

async function compare(call: CallEngine, { migrationsList, schema, filters }: NextMigration) {
  const { exitCode, text } = await diff(call, 'database', {
    from: { tag: 'migrations', ...migrationsList },
    to: { tag: 'schemaDatamodel', ...schema },
    script: true,
    exitCode: true,
    filters,
  });
  return { differs: exitCode !== 0, script: text };
}

/** Only a push looks at the rows that are there; on the dry-run engine it stops at that. */
async function consequences(call: CallEngine, { schema, filters }: NextMigration) {
  return pushResult.parse(await push(call, 'dry-run', { schema, filters, force: false }));
}

async function withWarnings(call: CallEngine, next: NextMigration, script: string): Promise<string> {
  const { warnings, unexecutable } = await consequences(call, next);
  const lines = [...unexecutable, ...warnings].map((warning) => `  - ${warning}\n`);
  return lines.length === 0 ? script : `/*\n  Warnings:\n\n${lines.join('')}\n*/\n${script}`;
}
