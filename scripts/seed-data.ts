import { z } from 'zod';
import { changesBetween } from '../src/audit/audit-entry.ts';
import { isProduction } from '../src/config/script-environment.ts';
import { openScriptClient } from '../src/db/tenant-client.ts';
import { recordAround } from '../src/tenancy/operator.ts';
import { scriptTarget } from '../src/tenancy/tenant.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { type SampleDataOptions, type SampleUser, writeSampleData } from './support/sample-data.ts';
import { parseFlags, print, printJson, runScript, UsageError, warn, wholeNumber } from './support/script.ts';

const program = operatorScript(
  'seed-data',
  `Writes sample departments, branches, roles and users into a tenant. The same seed writes the same rows, and
rows that are there already are left as they are. Users for whom the plan has no seat left are inactive.

Every sample user's password is "Password123!", so with ENVIRONMENT=production it wants --allow-production. Each
user then has a password of their own instead, which is good for one sign-in within 72 hours.`,
)
  .option('--tenant-key <key>', 'the tenant (required)')
  .option('--users <count>', 'number of users', wholeNumber(0, 10_000), 50)
  .option('--seed <number>', 'seed of the generated data', wholeNumber(0, 2_147_483_647), 1)
  .option('--allow-production', 'allow it with ENVIRONMENT=production')
  .option('--show-passwords', "print each user's own password; they are not stored");

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenantKey: typedTenantKeySchema,
  users: z.int(),
  seed: z.int(),
  allowProduction: z.boolean().default(false),
  showPasswords: z.boolean().default(false),
});

await runScript(program, async () => {
  const { json, tenantKey, users, seed, allowProduction, showPasswords } = parseFlags(
    flagsSchema,
    program.opts(),
  );
  const production = isProduction();
  if (production && !allowProduction) {
    throw new UsageError('ENVIRONMENT is production: sample data requires --allow-production.');
  }
  let people: readonly SampleUser[] = [];
  const added = await withOperatorTools(program, async (tools) => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (tenant?.status !== 'active') throw new UsageError(`There is no active tenant ${tenantKey}.`);
    const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
    const options: SampleDataOptions = {
      users,
      seed,
      maxUsers: tenant.maxUsers,
      ownPasswords: production,
      operator: tools.operator,
      onUsers: (written) => {
        people = written;
      },
    };
    return recordAround(
      tools,
      {
        action: 'tenant.seed_sample_data',
        entityType: 'Tenant',
        entityId: tenantKey,
        changes: changesBetween(null, { seed }),
      },
      tenantKey,
      () => writeSampleData(db, options),
      (counts) => changesBetween(null, { ...counts }),
      (reason) => warn(program, `the central audit log could not record that it was done: ${reason}`),
    ).finally(() => db.$disconnect());
  });
  const passwords = production && showPasswords ? people.filter(({ isActive }) => isActive) : [];
  const inactive = people.filter(({ isActive }) => !isActive).length;
  if (json) {
    printJson({
      tenantKey,
      added,
      inactive,
      ...(passwords.length === 0 ? {} : { passwords: Object.fromEntries(passwords.map(credentials)) }),
    });
  } else {
    const counts = Object.entries(added).map(([kind, count]) => `${count} ${kind}`);
    print(`Tenant ${tenantKey}: added ${counts.join(', ')}; ${inactive} of the users are inactive.`);
    for (const [username, password] of passwords.map(credentials)) print(`  ${username}  ${password}`);
  }
  return 0;
});

function credentials({ username, password }: SampleUser): [string, string] {
  return [username, password];
}
