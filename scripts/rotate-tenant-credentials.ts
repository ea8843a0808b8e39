import { z } from 'zod';
import { earliestMoment, latestMoment } from '../src/db/storable.ts';
import { type RotationReport, rotateFleet } from '../src/tenancy/rotation/rotate-fleet.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { collect, counted, print, printJson, runScript, UsageError, wholeNumber } from './support/script.ts';

const program = operatorScript(
  'rotate-tenant-credentials',
  `Gives tenants in service another role to sign in to their databases, with a new password, while requests continue:
two roles take turns, and both work until the server counts no session of the old one, which is then disabled. Run again after an interruption, it continues where it stopped.

Processes that miss the invalidation use the old role for up to TENANT_DIRECTORY_CACHE_TTL seconds, so each tenant takes
a little longer than that.`,
)
  .option('--tenant-key <key>', 'this tenant (repeatable)', collect)
  .option('--all', 'all tenants in service')
  .option('--owner', "rotate the role for migrations instead of the application's")
  .option(
    '--batch-size <count>',
    'number of tenants after which failures are counted',
    wholeNumber(1, 1_000),
    20,
  )
  .option('--concurrency <count>', 'number of tenants of a batch in parallel', wholeNumber(1, 64), 8)
  .option('--max-failures <percent>', 'stop when more of them have failed', wholeNumber(0, 100), 10)
  .option('--skip-rotated-since <time>', 'skip tenants that were rotated since then, to continue a run')
  .option(
    '--grace-seconds <seconds>',
    'minimum time for which the old role stays valid',
    wholeNumber(0, 3_600),
  )
  .option('--drain-seconds <seconds>', 'maximum time to wait for its sessions', wholeNumber(0, 86_400), 120)
  .option('--dry-run', 'only print what would be done');

/** In addition to the caches' lifetimes, because a lookup that began before the change takes time. */
const graceMarginSeconds = 2;

/** Migrations read the owner's password right before they sign in. */
const ownerGraceSeconds = 5;

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  all: z.boolean().default(false),
  owner: z.boolean().default(false),
  batchSize: z.int(),
  concurrency: z.int(),
  maxFailures: z.int(),
  skipRotatedSince: z.iso
    .datetime({ offset: true, error: '--skip-rotated-since must be a time such as 2026-01-31T12:00:00Z.' })
    .transform((text) => new Date(text))
    .refine((moment) => moment >= earliestMoment && moment <= latestMoment, {
      error: '--skip-rotated-since must lie between the years 1 and 9999.',
    })
    .optional(),
  graceSeconds: z.int().optional(),
  drainSeconds: z.int(),
  dryRun: z.boolean().default(false),
});

await runScript(program, async () => {
  const flags = flagsSchema.parse(program.opts());
  if (flags.all === flags.tenantKey.length > 0) throw new UsageError('Use either --all or --tenant-key.');
  const startedAt = new Date();
  const showProgress = !flags.json && process.stdout.isTTY;
  let done = 0;
  const reports = await withOperatorTools(program, (tools) =>
    rotateFleet(
      tools,
      {
        purpose: flags.owner ? 'owner' : 'application',
        tenantKeys: flags.tenantKey,
        batchSize: flags.batchSize,
        concurrency: flags.concurrency,
        maximumFailureRate: flags.maxFailures / 100,
        skipRotatedSince: flags.skipRotatedSince ?? null,
        graceSeconds:
          flags.graceSeconds ??
          (flags.owner ? ownerGraceSeconds : tools.maxStalenessSeconds + graceMarginSeconds),
        drainSeconds: flags.drainSeconds,
        dryRun: flags.dryRun,
      },
      ({ tenantKey, status }, total) => {
        done++;
        if (showProgress) process.stdout.write(`\r\x1b[K${done}/${total} ${tenantKey} ${status}`);
      },
    ),
  );
  if (showProgress) process.stdout.write('\r\x1b[K');
  const unfinished = reports.filter(({ status }) => status === 'failed' || status === 'skipped').length;
  const leftOut = reports.filter(({ status }) => status === 'left-out');
  if (flags.json) {
    printJson({
      startedAt,
      total: reports.length - leftOut.length,
      unfinished,
      leftOut: leftOut.map(({ tenantKey, reason }) => ({ tenantKey, reason })),
      tenants: reports,
    });
  } else printReports(reports, flags.skipRotatedSince ?? startedAt, unfinished);
  return unfinished > 0 ? 1 : 0;
});

function printReports(reports: readonly RotationReport[], since: Date, unfinished: number): void {
  const width = Math.max(...reports.map(({ tenantKey }) => tenantKey.length), 'tenant'.length);
  for (const report of reports) {
    const { tenantKey, status, milliseconds } = report;
    const time = `${(milliseconds / 1_000).toFixed(1)} s`.padStart(8);
    print(`${tenantKey.padEnd(width)}  ${status.padEnd(8)}  ${time}  ${describe(report)}`.trimEnd());
  }
  const count = (status: RotationReport['status']) =>
    reports.filter((report) => report.status === status).length;
  const leftOut = count('left-out');
  print(
    `${counted(reports.length - leftOut, 'tenant')}: ${count('rotated')} rotated, ${count('failed')} failed, ${count('skipped')} skipped${leftOut > 0 ? `; ${leftOut} left out` : ''}.`,
  );
  if (unfinished > 0) print(`To continue, run it again with --skip-rotated-since ${since.toISOString()}`);
}

function describe({ outcome, plan, error, reason }: RotationReport): string {
  if (outcome) {
    const { from, to, terminated, old } = outcome;
    const cut = terminated === 0 ? '' : ` (${terminated} ended)`;
    return `${from} -> ${to}; ${from} has ${old.sessions} sessions${cut} and ${old.canSignIn ? 'can' : "can't"} sign in`;
  }
  return error ?? reason ?? plan ?? '';
}
