import { z } from 'zod';
import {
  type ReencryptionReport,
  reencryptCredentials,
} from '../src/tenancy/reencryption/reencrypt-credentials.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { collect, print, printJson, runScript, wholeNumber } from './support/script.ts';

const program = operatorScript(
  'reencrypt-credentials',
  `Re-encrypts with CREDENTIALS_ENCRYPTION_KEY what the keys in PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS have encrypted, or
moves tenants' passwords from the central database to Vault and back. The passwords stay the same, and requests go on.
Reports how many secrets each key still encrypts: a key with none is no longer needed. Run again, it continues.`,
)
  .option('--to <place>', 'vault or database: move the secrets there')
  .option('--tenant-key <key>', "only this tenant's (repeatable)", collect)
  .option('--batch-size <count>', 'number of tenants to read at a time', wholeNumber(1, 1_000), 100)
  .option('--concurrency <count>', 'number of tenants of a batch in parallel', wholeNumber(1, 64), 4)
  .option('--dry-run', 'only count');

const flagsSchema = z.object({
  json: z.boolean().default(false),
  to: z.enum(['vault', 'database'], { error: '--to must be vault or database.' }).optional(),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  batchSize: z.int(),
  concurrency: z.int(),
  dryRun: z.boolean().default(false),
});

await runScript(program, async () => {
  const { json, to, tenantKey: tenantKeys, ...options } = flagsSchema.parse(program.opts());
  const showProgress = !json && process.stdout.isTTY;
  const report = await withOperatorTools(program, (tools) =>
    reencryptCredentials(tools, { ...options, tenantKeys, to: to ?? null }, (done) => {
      if (showProgress) process.stdout.write(`\r\x1b[K${done} tenants`);
    }),
  );
  if (showProgress) process.stdout.write('\r\x1b[K');
  if (json) printJson(report);
  else printReport(report, options.dryRun);
  return report.failures.length > 0 || report.overtaken > 0 ? 1 : 0;
});

function printReport(report: ReencryptionReport, dryRun: boolean): void {
  const { tenants, changed, overtaken, sealedBy, sealingKeyId, failures } = report;
  for (const { tenantKey, error } of failures) print(`${tenantKey}: ${error}`);
  print(
    `${tenants} tenants: ${changed} secrets ${dryRun ? 'to be ' : ''}re-encrypted or moved, ${failures.length} failed.`,
  );
  if (overtaken > 0) print(`${overtaken} were changed by somebody else in the meantime: run it again.`);
  for (const [place, count] of Object.entries(sealedBy).sort()) {
    const which =
      place === 'vault'
        ? 'in Vault'
        : place === sealingKeyId
          ? `the current key ${place}`
          : `the key ${place}`;
    print(`  ${String(count).padStart(6)}  ${which}`);
  }
}
