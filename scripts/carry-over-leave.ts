import { z } from 'zod';
import { dayAt } from '../src/calendar/days.ts';
import { openScriptClient } from '../src/db/tenant-client.ts';
import { reasonOf } from '../src/errors/reason.ts';
import {
  type CarryOverReport,
  carryOverLeave,
} from '../src/modules/leave-entitlements/carry-over.service.ts';
import { forEachTenant, selectTenants } from '../src/tenancy/fleet/for-each-tenant.ts';
import { auditActorOf } from '../src/tenancy/operator.ts';
import { reconcileHolidays } from '../src/tenancy/rights/reconcile-holidays.ts';
import { scriptTarget } from '../src/tenancy/tenant.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { collect, parseFlags, print, printJson, runScript, wholeNumber } from './support/script.ts';
import { readTimeZone } from './support/time-zones.ts';

const program = operatorScript(
  'carry-over-leave',
  `Prepares the leave of the year after --year in all active and suspended tenants: unused days are carried over as far
as each kind of leave allows, annual leave is computed by the Labour Standards Act, article 60, and public holidays are
added. Entitlements that an administrator has set stay as they are. Run again, it changes only what has changed since.`,
)
  .option(
    '--year <year>',
    'the year that ends (default: the one before the present, where the tenant is)',
    wholeNumber(2000, 2998),
  )
  .option('--tenant-key <key>', 'only this tenant (repeatable)', collect)
  .option('--concurrency <count>', 'number of tenants in parallel', wholeNumber(1, 64), 4);

const flagsSchema = z.object({
  json: z.boolean().default(false),
  year: z.int().optional(),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  concurrency: z.int(),
});

/** The outcome for one tenant. */
type Outcome = { readonly tenantKey: string } & (
  | (CarryOverReport & { readonly year: number })
  | { readonly error: string }
);

await runScript(program, async () => {
  const flags = parseFlags(flagsSchema, program.opts());
  const outcomes = await withOperatorTools(program, async ({ central, secrets, operator }) => {
    const where = await selectTenants(central, flags.tenantKey);
    return forEachTenant(
      { pageSize: 100, concurrency: flags.concurrency },
      (page) => central.tenant.findMany({ ...page, where: { AND: [where, page.where] } }),
      async (tenant): Promise<Outcome> => {
        const { tenantKey } = tenant;
        try {
          const year = flags.year ?? dayAt(new Date(), await readTimeZone(central, tenantKey)).year - 1;
          const db = await openScriptClient(await scriptTarget(tenant, secrets));
          const report = await db
            .$transaction(
              async (transaction) => {
                await reconcileHolidays(
                  (text, values) => transaction.$executeRawUnsafe(text, ...values),
                  year + 1,
                );
                return carryOverLeave(transaction, auditActorOf(operator), year);
              },
              { timeout: 120_000 },
            )
            .finally(() => db.$disconnect());
          return { tenantKey, year, ...report };
        } catch (error) {
          return { tenantKey, error: reasonOf(error) };
        }
      },
    );
  });
  const failed = outcomes.filter((outcome) => 'error' in outcome);
  if (flags.json) printJson({ tenants: outcomes, failed: failed.length });
  else {
    for (const outcome of outcomes) {
      print(
        'error' in outcome
          ? `${outcome.tenantKey}: ${outcome.error}`
          : `${outcome.tenantKey}: after ${outcome.year}, ${outcome.added} entitlements added, ${outcome.changed} changed.`,
      );
    }
    print(`${outcomes.length} tenants, ${failed.length} failed.`);
  }
  return failed.length > 0 ? 1 : 0;
});
