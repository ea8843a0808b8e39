import { Option } from 'commander';
import { z } from 'zod';
import { changesBetween } from '../src/audit/audit-entry.ts';
import { isProduction } from '../src/config/script-environment.ts';
import { openScriptClient } from '../src/db/tenant-client.ts';
import { recordAround } from '../src/tenancy/operator.ts';
import { scriptTarget } from '../src/tenancy/tenant.ts';
import { typedTenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import type { SamplePerson } from './support/sample-data/people.ts';
import { sampleLocales } from './support/sample-data/sample-locale.ts';
import { describeSampleTenant } from './support/sample-data/sample-tenant.ts';
import { type SampleDataOptions, writeSampleData } from './support/sample-data/write-sample-data.ts';
import { parseFlags, print, printJson, runScript, UsageError, warn, wholeNumber } from './support/script.ts';

const program = operatorScript(
  'seed-data',
  `Writes sample data into a tenant: departments, branches, roles and users; customers, contacts, deals and activities;
employees, leave, attendance and assets. The same seed writes the same rows, with days counted from today, and rows that
are there already are left as they are. Users for whom the plan has no seat left are inactive.

Every sample user's password is "Password123!", so with ENVIRONMENT=production it wants --allow-production. Each
user then has a password of their own instead, which is good for one sign-in within 72 hours.`,
)
  .option('--tenant-key <key>', 'the tenant (required)')
  .option('--users <count>', 'number of users', wholeNumber(0, 10_000), 50)
  .option('--seed <number>', 'seed of the generated data', wholeNumber(0, 2_147_483_647), 1)
  .addOption(
    new Option('--locale <locale>', 'language of names, addresses and texts')
      .choices(sampleLocales)
      .default('ko'),
  )
  .option('--allow-production', 'allow it with ENVIRONMENT=production')
  .option('--show-passwords', "print each user's own password; they are not stored");

const flagsSchema = z.object({
  json: z.boolean().default(false),
  tenantKey: typedTenantKeySchema,
  users: z.int(),
  seed: z.int(),
  locale: z.enum(sampleLocales),
  allowProduction: z.boolean().default(false),
  showPasswords: z.boolean().default(false),
});

await runScript(program, async () => {
  const { json, tenantKey, users, seed, locale, allowProduction, showPasswords } = parseFlags(
    flagsSchema,
    program.opts(),
  );
  const production = isProduction();
  if (production && !allowProduction) {
    throw new UsageError('ENVIRONMENT is production: sample data requires --allow-production.');
  }
  let people: readonly SamplePerson[] = [];
  const added = await withOperatorTools(program, async (tools) => {
    const tenant = await tools.central.tenant.findUnique({ where: { tenantKey } });
    if (tenant?.status !== 'active') throw new UsageError(`There is no active tenant ${tenantKey}.`);
    const db = await openScriptClient(await scriptTarget(tenant, tools.secrets));
    const options: SampleDataOptions = {
      users,
      seed,
      locale,
      ...(await describeSampleTenant(tools, tenantKey)),
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
        changes: changesBetween(null, { seed, locale }),
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
    const counts = Object.entries(added).map(([kind, count]) => `${count} ${inWords(kind)}`);
    print(`Tenant ${tenantKey}: added ${counts.join(', ')}; ${inactive} of the users are inactive.`);
    for (const [username, password] of passwords.map(credentials)) print(`  ${username}  ${password}`);
  }
  return 0;
});

/** `leave requests` for `leaveRequests`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function credentials({ username, password }: SamplePerson): [string, string] {
  return [username, password];
}
