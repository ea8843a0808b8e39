import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { readProvisioningPasswords } from '../src/config/environment.ts';
import { issueMessage, say } from '../src/errors/index.ts';
import {
  type ProvisioningOutcome,
  provisioningSteps,
  provisionTenant,
  removeUnfinishedTenant,
} from '../src/tenancy/provisioning/provision-tenant.ts';
import { provisioningRequestSchema } from '../src/tenancy/provisioning/provisioning-request.ts';
import { tenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { withFleetTools } from './support/fleet-tools.ts';
import { operatorName } from './support/operator-name.ts';
import {
  parseFlags,
  print,
  printJson,
  runScript,
  script,
  UsageError,
  wholeNumber,
} from './support/script.ts';

const program = script(
  'provision-tenant',
  `Makes a tenant: registers it, makes its roles and database, migrates and seeds it, and puts it in service.
Run again after it was interrupted, it finishes; run on a finished tenant, it changes nothing.

Passwords that are not given are generated. They may also come from DB_PASSWORD and ADMIN_PASSWORD, or as
JSON {"dbPassword": "…", "adminPassword": "…"} on standard input with --passwords-stdin, so that they need
not stand in a process list.`,
)
  .requiredOption('--tenant-key <key>', 'how clients and operators name the tenant, e.g. acme01')
  .option('--company-name <name>', 'the company (needed unless --cleanup is given)')
  .option('--plan <plan>', 'starter, pro or enterprise (default: starter)')
  .option('--max-users <count>', 'seats of the plan (default: 50)', wholeNumber(1, 100_000))
  .option('--db-host <host>', "the database server (default: the tenant administrator's)")
  .option('--db-port <port>', 'its port', wholeNumber(1, 65_535))
  .option('--db-name <name>', 'the database (default: tenant_<key>)')
  .option('--db-user <role>', "the application's role in it (default: tenant_<key>); <role>-owner owns it")
  .option('--db-password <password>', "the role's password (better: DB_PASSWORD or --passwords-stdin)")
  .option('--admin-username <name>', 'the first administrator (default: admin)')
  .option('--admin-email <address>', "the first administrator's address")
  .option(
    '--admin-password <password>',
    'the password to sign in with first (better: ADMIN_PASSWORD or --passwords-stdin)',
  )
  .option('--passwords-stdin', 'read the passwords from standard input')
  .option('--show-password', "show the first administrator's password at the end")
  .option('--cleanup', 'remove what an unfinished run has made: database, roles and record');

const switchesSchema = z.object({
  json: z.boolean().default(false),
  passwordsStdin: z.boolean().default(false),
  showPassword: z.boolean().default(false),
  cleanup: z.boolean().default(false),
});

const passwordsSchema = z.strictObject({
  dbPassword: z.string().optional(),
  adminPassword: z.string().optional(),
});

await runScript(program, async () => {
  const flags = program.opts();
  const { json, passwordsStdin, showPassword, cleanup } = switchesSchema.parse(flags);
  if (cleanup) return removeUnfinished(readFlag(tenantKeySchema, '--tenant-key', flags.tenantKey), json);

  const request = parseFlags(provisioningRequestSchema, {
    ...readProvisioningPasswords(),
    ...(passwordsStdin ? await readPasswordsFromStandardInput() : {}),
    ...flags,
    createdBy: operatorName(),
  });
  const outcome = await withFleetTools((tools) =>
    provisionTenant(tools, request, (step) => {
      if (!json) print(`  ${provisioningSteps.indexOf(step) + 1}/${provisioningSteps.length} ${step}`);
    }),
  );
  if (json) printJson(describeAsJson(outcome, showPassword));
  else printOutcome(outcome, showPassword);
  return 0;
});

async function removeUnfinished(tenantKey: string, json: boolean): Promise<number> {
  const removed = await withFleetTools((tools) => removeUnfinishedTenant(tools, tenantKey));
  if (json) printJson({ outcome: removed ? 'removed' : 'nothing to remove', tenantKey });
  else
    print(
      removed ? `Tenant ${tenantKey} was removed.` : `There is no tenant ${tenantKey}; nothing to remove.`,
    );
  return 0;
}

function readFlag<T extends z.ZodType>(schema: T, flag: string, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UsageError(
    `${flag}: ${result.error.issues.map((issue) => say(issueMessage(issue), 'en')).join(' ')}`,
  );
}

async function readPasswordsFromStandardInput(): Promise<z.output<typeof passwordsSchema>> {
  try {
    return passwordsSchema.parse(JSON.parse(await text(process.stdin)));
  } catch {
    throw new UsageError('Standard input must be JSON such as {"dbPassword": "…", "adminPassword": "…"}.');
  }
}

function printOutcome({ outcome, tenant, administrator }: ProvisioningOutcome, showPassword: boolean): void {
  print(
    outcome === 'provisioned'
      ? `Tenant ${tenant.tenantKey} (${tenant.companyName}) is in service.`
      : `Tenant ${tenant.tenantKey} (${tenant.companyName}) exists already and is ${tenant.status}; nothing was changed.`,
  );
  if (!administrator) return;
  print(`Its first administrator is ${administrator.username}.`);
  if (showPassword) print(`Its first password is ${administrator.password}`);
  else if (outcome === 'provisioned')
    print('Run the same command with --show-password to see the first password.');
  if (administrator.passwordIsGenerated) {
    print('It is good for one sign-in, which has to bring "newPassword".');
  }
}

function describeAsJson(
  { outcome, tenant, administrator }: ProvisioningOutcome,
  showPassword: boolean,
): object {
  return {
    outcome,
    tenantKey: tenant.tenantKey,
    companyName: tenant.companyName,
    status: tenant.status,
    schemaVersion: tenant.schemaVersion,
    database: {
      host: tenant.dbHost,
      port: tenant.dbPort,
      name: tenant.dbName,
      user: tenant.dbUser,
      owner: tenant.dbOwnerUser,
    },
    administrator: administrator && {
      username: administrator.username,
      email: administrator.email,
      ...(showPassword ? { password: administrator.password } : {}),
    },
  };
}
