import { z } from 'zod';
import { readCentralMigrationConfiguration } from '../src/config/script-environment.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { type DatabaseTimestamps, repairFleetTimestamps } from '../src/tenancy/timestamps/repair-fleet.ts';
import { operatorName, operatorScript } from './support/operator.ts';
import { collect, print, printJson, runScript } from './support/script.ts';
import { withScriptTools } from './support/script-database.ts';

const program = operatorScript(
  'repair-timestamps',
  `Reports databases with timestamps that an older version wrote while the TimeZone of the server, the database or
the role was not UTC, and with --apply corrects them: each database in one transaction, all of its timestamps or none.
Stop all servers first, and start none of the new version before. Correct timestamps stay as they are, also when it is
run again.`,
)
  .option('--apply', 'correct them; without it, nothing is changed')
  .option('--tenant-key <key>', "only this tenant's database (repeatable), and not the central one", collect)
  .option('--zone <name>', 'the former time zone, e.g. America/New_York, if it has daylight saving time');

const flagsSchema = z.object({
  json: z.boolean().default(false),
  apply: z.boolean().default(false),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  zone: z.string().optional(),
});

const finished = new Set<DatabaseTimestamps['outcome']>(['right', 'mended', 'left-out']);

await runScript(program, async () => {
  const { json, tenantKey: tenantKeys, ...options } = flagsSchema.parse(program.opts());
  const reports = await withScriptTools(program, ({ central, secrets }, { environment }) => {
    const { owner } = readCentralMigrationConfiguration(environment);
    return repairFleetTimestamps(
      { central, secrets, centralOwner: tenantKeys.length > 0 ? null : owner },
      tenantKeys,
      { operator: operatorName(program), ...options },
    );
  });
  if (json) printJson({ databases: reports });
  else for (const report of reports) print(describe(report));
  return reports.every(({ outcome }) => finished.has(outcome)) ? 0 : 1;
});

function describe({ tenantKey, outcome, zone, witnesses, rows, reason }: DatabaseTimestamps): string {
  const name = tenantKey ?? 'The central database';
  const where = typeof zone === 'number' ? `${zone} minutes from UTC` : zone;
  switch (outcome) {
    case 'right':
      return `${name}: all is right.`;
    case 'wrong':
      return `${name}: moments were taken for times ${where}, as ${witnesses} rows show. Mend them with --apply.`;
    case 'mended':
      return `${name}: moments were taken for times ${where}; ${rows} rows were mended.`;
    case 'refused':
      return `${name}: nothing was changed: ${reason}`;
    case 'left-out':
      return `${name} was left out: ${reason}.`;
    case 'failed':
      return `${name}: ${reason}`;
  }
}
