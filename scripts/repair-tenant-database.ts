import { z } from 'zod';
import { type RepairOutcome, repairTenantDatabase } from '../src/tenancy/restore/repair-tenant-database.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { printChanges, printEnded, printStatements } from './support/restore-report.ts';
import { addRestoredPlace, restoredPlaceSchema } from './support/restored-place-flags.ts';
import { parseFlags, print, printJson, runScript } from './support/script.ts';

const program = addRestoredPlace(
  operatorScript(
    'repair-tenant-database',
    `Gives a tenant's restored database what a dump does not contain: its roles with their recorded passwords, its
owner and that of everything in it, what the application may do, and the roles' settings. The public and other tenants'
roles lose what they may do there, and migrations that the dump has not had are applied. It works on the tenant's
place, or on another before move-tenant sends its requests there. Run again, it changes nothing.`,
  ).option('--tenant-key <key>', 'the tenant (required)'),
)
  .option('--end-sessions', 'end the sessions, known devices and one-time passwords in the dump')
  .option('--trust', 'continue although the database has no marker of its tenant')
  .option('--dry-run', 'only print what would be done');

const switchesSchema = z.object({
  json: z.boolean().default(false),
  endSessions: z.boolean().default(false),
  trust: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

await runScript(program, async () => {
  const { json, ...options } = switchesSchema.parse(program.opts());
  const { tenantKey, ...place } = parseFlags(restoredPlaceSchema, program.opts());
  const outcome = await withOperatorTools(program, (tools) =>
    repairTenantDatabase(tools, tenantKey, place, options),
  );
  if (json) printJson({ tenantKey, ...outcome });
  else printOutcome(tenantKey, outcome);
  return outcome.outcome === 'incomplete' || (options.dryRun && outcome.statements.length > 0) ? 1 : 0;
});

function printOutcome(tenantKey: string, outcome: RepairOutcome): void {
  const { place, ended, statements, remarks } = outcome;
  switch (outcome.outcome) {
    case 'nothing-to-do':
      print(`The database of tenant ${tenantKey} at ${place} needs no repair; nothing was changed.`);
      break;
    case 'planned':
      print(`To be done to the database of tenant ${tenantKey} at ${place}:`);
      break;
    case 'incomplete':
      print(`The database of tenant ${tenantKey} at ${place} is not repaired yet.`);
      break;
    case 'repaired':
      print(`The database of tenant ${tenantKey} at ${place} is repaired.`);
  }
  printChanges(outcome, outcome.outcome === 'planned');
  if (ended) printEnded(ended);
  printStatements(statements);
  for (const remark of remarks) print(remark);
}
