import { z } from 'zod';
import { type AdoptionOutcome, adoptTenantDatabase } from '../src/tenancy/restore/adopt-tenant-database.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { printEnded, printStatements } from './support/restore-report.ts';
import { addRestoredPlace, restoredPlaceSchema } from './support/restored-place-flags.ts';
import { parseFlags, print, printJson, runScript, wholeNumber } from './support/script.ts';

const program = addRestoredPlace(
  operatorScript(
    'adopt-tenant-database',
    `Turns a database that was restored from another tenant's dump into a tenant's own. Until then, its requests are answered
TENANT_MISMATCH. The other tenant has to be named, too, so that nobody does this by mistake; it keeps its own database.
Roles, owners and privileges are set first, as by repair-tenant-database. People in it keep the passwords they have
chosen; sessions, known devices and one-time passwords that were handed out to them end.`,
  )
    .option('--tenant-key <key>', 'the tenant that should own the database (required)')
    .option('--marked-as <key>', 'the tenant that it is currently marked as (required)')
    .option(
      '--marked-id <id>',
      'the id in its marker, if no current tenant has that key and id',
      wholeNumber(1, 2_147_483_647),
    ),
);

const flagsSchema = restoredPlaceSchema.extend({
  markedAs: typedTenantKeySchema,
  markedId: z.int().optional(),
});
const switchesSchema = z.object({ json: z.boolean().default(false) });

await runScript(program, async () => {
  const { json } = switchesSchema.parse(program.opts());
  const { tenantKey, markedAs, markedId, ...place } = parseFlags(flagsSchema, program.opts());
  const outcome = await withOperatorTools(program, (tools) =>
    adoptTenantDatabase(tools, tenantKey, { markedAs, markedId }, place),
  );
  if (json) printJson({ tenantKey, ...outcome });
  else printOutcome(tenantKey, outcome);
  return outcome.outcome === 'incomplete' ? 1 : 0;
});

function printOutcome(
  tenantKey: string,
  { outcome, place, from, ended, migrations, statements, remarks }: AdoptionOutcome,
): void {
  switch (outcome) {
    case 'nothing-to-do':
      print(`The database at ${place} already belongs to tenant ${tenantKey}; nothing was changed.`);
      break;
    case 'incomplete':
      print(`The database at ${place} does not belong to tenant ${tenantKey} yet.`);
      break;
    case 'adopted':
      print(
        `The database at ${place} belonged to tenant ${from?.tenantKey} (id ${from?.id}) and now belongs to tenant ${tenantKey}.`,
      );
  }
  if (migrations.length > 0) print(`  migrations: ${migrations.join(', ')}`);
  if (ended) printEnded(ended);
  printStatements(statements);
  for (const remark of remarks) print(remark);
}
