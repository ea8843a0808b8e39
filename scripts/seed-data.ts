import { z } from 'zod';
import { openScriptClient } from '../src/db/tenant-client.ts';
import { writeSampleData } from '../src/tenancy/sample-data.ts';
import { tenantTarget } from '../src/tenancy/tenant.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { withFleetTools } from './support/fleet-tools.ts';
import { print, printJson, runScript, script, UsageError, wholeNumber } from './support/script.ts';

const program = script(
  'seed-data',
  `Writes sample departments, branches, roles and users into a tenant. The same seed writes the same rows, and
rows that are there already are left as they are. Every sample user's password is "Password123!".`,
)
  .requiredOption('--tenant-key <key>', 'the tenant')
  .option('--users <count>', 'how many users', wholeNumber(0, 10_000), 50)
  .option('--seed <number>', 'which data to make up', wholeNumber(0, 2_147_483_647), 1);

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenantKey: typedTenantKeySchema,
  users: z.int(),
  seed: z.int(),
});

await runScript(program, async () => {
  const { json, tenantKey, ...options } = flagsSchema.parse(program.opts());
  const added = await withFleetTools(async ({ central, secrets }) => {
    const tenant = await central.tenant.findUnique({ where: { tenantKey } });
    if (tenant?.status !== 'active') throw new UsageError(`There is no active tenant ${tenantKey}.`);
    const db = await openScriptClient(await tenantTarget(tenant, secrets));
    return writeSampleData(db, options).finally(() => db.$disconnect());
  });
  if (json) printJson({ tenantKey, added });
  else {
    const counts = Object.entries(added).map(([kind, count]) => `${count} ${kind}`);
    print(`Tenant ${tenantKey}: added ${counts.join(', ')}.`);
  }
  return 0;
});
