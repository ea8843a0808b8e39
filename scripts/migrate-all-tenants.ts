import { z } from 'zod';
import { migrateFleet, type TenantMigrationReport } from '../src/tenancy/fleet/migrate-fleet.ts';
import type { ServerReport } from '../src/tenancy/server-limits.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { collect, counted, print, printJson, runScript, wholeNumber } from './support/script.ts';

const program = operatorScript(
  'migrate-all-tenants',
  `Migrates the databases of all active and suspended tenants, as "prisma migrate deploy" does, for
each, as the role that owns the database. The privileges of the application's role are set again afterwards. A tenant
that has a single role, from before there were two, gets its owner first. What roles may do on their servers beyond their
tenants' databases is revoked as far as the administrator may, and listed where it may not.

One tenant's failure does not stop the others; the exit code is then 1. Tenants that are left out, such as unfinished and
archived ones, are listed with the reason, and do not count as failures.`,
)
  .option(
    '--engine <engine>',
    'wasm (in this process, fast) or cli (a "prisma migrate deploy" for each tenant)',
    'wasm',
  )
  .option('--concurrency <count>', 'number of tenants to migrate in parallel', wholeNumber(1, 64), 4)
  .option('--tenant-key <key>', 'only this tenant, whatever its status (repeatable)', collect)
  .option('--skip-suspended', "skip suspended tenants; they can't be resumed before they are migrated")
  .option('--dry-run', 'only list what each tenant lacks');

const flagsSchema = z.object({
  json: z.boolean().default(false),
  engine: z.enum(['wasm', 'cli'], { error: '--engine must be wasm or cli.' }),
  concurrency: z.int(),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  skipSuspended: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

await runScript(program, async () => {
  const { json, tenantKey: tenantKeys, ...options } = flagsSchema.parse(program.opts());
  let done = 0;
  const servers: ServerReport[] = [];
  const reports = await withOperatorTools(program, (tools) =>
    migrateFleet(
      tools,
      { ...options, tenantKeys },
      ({ tenantKey, status }, total) => {
        done++;
        if (!json && process.stdout.isTTY)
          process.stdout.write(`\r\x1b[K${done}/${total} ${tenantKey} ${status}`);
      },
      (server) => void servers.push(server),
    ),
  );
  if (!json && process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  const failed = reports.filter(({ status }) => status === 'failed');
  const leftOut = reports.filter(({ status }) => status === 'left-out');
  if (json) {
    printJson({
      total: reports.length - leftOut.length,
      failed: failed.length,
      leftOut: leftOut.map(({ tenantKey, reason }) => ({ tenantKey, reason })),
      servers,
      tenants: reports,
    });
  } else {
    printReports(reports, options.dryRun);
    for (const { server, remarks } of servers) for (const remark of remarks) print(`${server}: ${remark}`);
  }
  return failed.length > 0 ? 1 : 0;
});

function printReports(reports: readonly TenantMigrationReport[], dryRun: boolean): void {
  const width = Math.max(...reports.map(({ tenantKey }) => tenantKey.length), 'tenant'.length);
  if (reports.length > 0)
    print(`${'tenant'.padEnd(width)}  ${'status'.padEnd(10)}  ${'time'.padStart(8)}  migrations`);
  for (const { tenantKey, status, migrations, ownerSeparated, error, reason, milliseconds } of reports) {
    const changes = [...(ownerSeparated ? ['an owner role of its own'] : []), ...migrations];
    const detail = (error ?? reason ?? changes.join(', ')).replaceAll(/\s+/g, ' ');
    print(
      `${tenantKey.padEnd(width)}  ${status.padEnd(10)}  ${`${milliseconds} ms`.padStart(8)}  ${detail}`.trimEnd(),
    );
  }
  const count = (status: TenantMigrationReport['status']) =>
    reports.filter((report) => report.status === status).length;
  const changed = dryRun ? `${count('pending')} not up to date` : `${count('migrated')} migrated`;
  const leftOut = count('left-out');
  print(
    `${counted(reports.length - leftOut, 'tenant')}: ${changed}, ${count('up-to-date')} up to date, ${count('failed')} failed${leftOut > 0 ? `; ${leftOut} left out` : ''}.`,
  );
}
