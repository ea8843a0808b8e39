import { z } from 'zod';
import { withIdentityLock } from '../src/db/identity-lock.ts';
import { openScriptClient } from '../src/db/tenant-client.ts';
import { reasonOf } from '../src/errors/reason.ts';
import { applyAssignments } from '../src/modules/employees/apply-assignments.service.ts';
import { today } from '../src/modules/employees/change-employee.service.ts';
import { forEachTenant, selectTenants } from '../src/tenancy/fleet/for-each-tenant.ts';
import { scriptTarget } from '../src/tenancy/tenant.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { collect, parseFlags, print, printJson, runScript, wholeNumber } from './support/script.ts';
import { readTimeZone } from './support/time-zones.ts';

const program = operatorScript(
  'apply-assignments',
  `Brings the employees of all active and suspended tenants to the assignments that hold today, in each tenant's time
zone: run it every hour. Run again, it changes nothing.`,
)
  .option('--tenant-key <key>', 'only this tenant (repeatable)', collect)
  .option('--concurrency <count>', 'number of tenants in parallel', wholeNumber(1, 64), 4);

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenantKey: z.array(typedTenantKeySchema).default([]),
  concurrency: z.int(),
});

/** The outcome for one tenant. */
type Outcome = { readonly tenantKey: string } & ({ readonly changed: number } | { readonly error: string });

await runScript(program, async () => {
  const flags = parseFlags(flagsSchema, program.opts());
  const outcomes = await withOperatorTools(program, async ({ central, secrets }) => {
    const where = await selectTenants(central, flags.tenantKey);
    return forEachTenant(
      { pageSize: 100, concurrency: flags.concurrency },
      (page) => central.tenant.findMany({ ...page, where: { AND: [where, page.where] } }),
      async (tenant): Promise<Outcome> => {
        const { tenantKey } = tenant;
        try {
          const day = today(await readTimeZone(central, tenantKey));
          const db = await openScriptClient(await scriptTarget(tenant, secrets));
          const changed = await withIdentityLock(db, (transaction) =>
            applyAssignments(transaction, day),
          ).finally(() => db.$disconnect());
          return { tenantKey, changed };
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
          : `${outcome.tenantKey}: ${outcome.changed} employees changed.`,
      );
    }
    print(`${outcomes.length} tenants, ${failed.length} failed.`);
  }
  return failed.length > 0 ? 1 : 0;
});
