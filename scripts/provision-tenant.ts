import { z } from 'zod';
import { readProvisioningPasswords } from '../src/config/environment.ts';
import { sslModes } from '../src/config/tls-settings.ts';
import { textSchema } from '../src/db/text.ts';
import { resetAdministratorPassword } from '../src/tenancy/provisioning/administrator-password.ts';
import type { FirstAdministrator } from '../src/tenancy/provisioning/first-administrator.ts';
import {
  type ProvisioningOutcome,
  provisioningSteps,
  provisionTenant,
  removeUnfinishedTenant,
} from '../src/tenancy/provisioning/provision-tenant.ts';
import { provisioningRequestSchema } from '../src/tenancy/provisioning/provisioning-request.ts';
import { tenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorName, operatorScript, withOperatorTools } from './support/operator.ts';
import { parseFlags, print, printJson, runScript, UsageError, warn, wholeNumber } from './support/script.ts';
import { readJsonFromStandardInput } from './support/standard-input.ts';

const program = operatorScript(
  'provision-tenant',
  `Creates a tenant: registers it, creates its roles and database, migrates and seeds it, and puts it in service.
Run again after an interruption, it finishes; run on a finished tenant, it changes nothing.

Passwords that are not given are generated. They may also come from DB_PASSWORD and ADMIN_PASSWORD, or as
JSON {"dbPassword": "…", "adminPassword": "…"} on standard input with --passwords-stdin, so that they don't appear in a
process list. The first administrator's password is kept until it is used, for 72 hours at most; a generated one is
single-use and expires then.`,
)
  .option('--tenant-key <key>', 'how clients and operators name the tenant, e.g. acme01 (needed)')
  .option('--company-name <name>', 'the company (needed unless --cleanup is given)')
  .option('--plan <plan>', 'starter, pro or enterprise (default: starter)')
  .option('--max-users <count>', 'seats of the plan (default: 50)', wholeNumber(1, 100_000))
  .option('--db-host <host>', "the database server (default: the tenant administrator's)")
  .option('--db-port <port>', 'its port', wholeNumber(1, 65_535))
  .option('--db-name <name>', 'the database (default: tenant_<key>)')
  .option('--db-direct-host <host>', 'the server itself, if --db-host is a connection pooler')
  .option('--db-direct-port <port>', 'its port', wholeNumber(1, 65_535))
  .option('--db-sslmode <mode>', `the use of TLS: ${sslModes.join(', ')} (default: TENANT_DATABASE_SSLMODE)`)
  .option(
    '--db-sslrootcert <file>',
    'the CA that signs the server’s certificate (an absolute path, or system)',
  )
  .option('--db-sslcert <file>', 'a client certificate (an absolute path)')
  .option('--db-sslkey <file>', 'its private key')
  .option('--db-user <role>', "the application's role in it (default: tenant_<key>); <role>-owner owns it")
  .option('--db-password <password>', "the role's password (better: DB_PASSWORD or --passwords-stdin)")
  .option('--admin-username <name>', 'the first administrator (default: admin)')
  .option('--admin-email <address>', "the first administrator's address")
  .option(
    '--admin-password <password>',
    'the password to sign in with first (better: ADMIN_PASSWORD or --passwords-stdin)',
  )
  .option('--passwords-stdin', 'read the passwords from standard input')
  .option('--show-password', "show the first administrator's password at the end, if it is still kept")
  .option(
    '--reset-admin-password',
    'give an administrator of a finished tenant a one-time password, and show it; their sessions end',
  )
  .option('--cleanup', 'remove what an unfinished run has made: database, roles and record');

const switchesSchema = z.object({
  json: z.boolean().default(false),
  passwordsStdin: z.boolean().default(false),
  showPassword: z.boolean().default(false),
  cleanup: z.boolean().default(false),
  resetAdminPassword: z.boolean().default(false),
});

const singleUse =
  'It is single-use and expires after 72 hours: the first "login" must also send "newPassword".';

const cleanupSchema = z.object({ tenantKey: tenantKeySchema });

const resetSchema = z.object({
  tenantKey: tenantKeySchema,
  adminUsername: textSchema(64).optional(),
});

const passwordsSchema = z.strictObject({
  dbPassword: z.string().optional(),
  adminPassword: z.string().optional(),
});

const passwordsExample = '{"dbPassword": "…", "adminPassword": "…"}';

await runScript(program, async () => {
  const flags = program.opts();
  const { json, passwordsStdin, showPassword, cleanup, resetAdminPassword } = switchesSchema.parse(flags);
  if (resetAdminPassword) return resetPassword(flags, json);
  if (cleanup) return removeUnfinished(parseFlags(cleanupSchema, flags).tenantKey, json);

  const request = parseFlags(provisioningRequestSchema, {
    ...readProvisioningPasswords(),
    ...(passwordsStdin ? await readJsonFromStandardInput(passwordsSchema, passwordsExample) : {}),
    ...flags,
    createdBy: operatorName(program),
  });
  const { outcome, endpoint } = await withOperatorTools(program, async (tools) => ({
    outcome: await provisionTenant(tools, request, (step) => {
      if (!json) print(`  ${provisioningSteps.indexOf(step) + 1}/${provisioningSteps.length} ${step}`);
    }),
    endpoint: tools.endpoint,
  }));
  if (json) printJson(describeAsJson(outcome, showPassword));
  else {
    printOutcome(outcome, showPassword);
    if (endpoint !== null && outcome.tenant.status === 'active') print(`Sign in at ${endpoint}`);
  }
  return 0;
});

async function removeUnfinished(tenantKey: string, json: boolean): Promise<number> {
  const left: string[] = [];
  const removed = await withOperatorTools(program, (tools) =>
    removeUnfinishedTenant(tools, tenantKey, (names) => void left.push(...names)),
  );
  if (json) {
    printJson({ outcome: removed ? 'removed' : 'nothing to remove', tenantKey, left });
    return 0;
  }
  print(removed ? `Tenant ${tenantKey} was removed.` : `There is no tenant ${tenantKey}; nothing to remove.`);
  if (left.length > 0) print(`What this tenant’s runs have not made stays: ${left.join(', ')}.`);
  return 0;
}

async function resetPassword(flags: Readonly<Record<string, unknown>>, json: boolean): Promise<number> {
  const allowed = ['tenantKey', 'adminUsername', 'resetAdminPassword', 'operator', 'json'];
  if (Object.keys(flags).some((flag) => !allowed.includes(flag))) {
    throw new UsageError(
      '--reset-admin-password takes no other flags than --tenant-key, --admin-username, --operator and --json.',
    );
  }
  const { tenantKey, adminUsername } = parseFlags(resetSchema, flags);
  const { username, oneTimePassword, unrecorded } = await withOperatorTools(program, (tools) =>
    resetAdministratorPassword(tools, tenantKey, adminUsername, () => tools.invalidateSessions(tenantKey)),
  );
  if (unrecorded !== null)
    warn(program, `the central audit log could not record that it was done: ${unrecorded}`);
  if (json) printJson({ outcome: 'password-reset', tenantKey, username, oneTimePassword });
  else {
    print(`Administrator ${username} of tenant ${tenantKey} has a new password.`);
    print(`The password is ${oneTimePassword}`);
    print(`${singleUse} It is not shown again.`);
  }
  return 0;
}

function printOutcome({ outcome, tenant, administrator }: ProvisioningOutcome, showPassword: boolean): void {
  print(
    outcome === 'provisioned'
      ? `Tenant ${tenant.tenantKey} (${tenant.companyName}) is in service.`
      : `Tenant ${tenant.tenantKey} (${tenant.companyName}) exists already and is ${tenant.status}; nothing was changed.`,
  );
  if (!administrator) return;
  print(`Its first administrator is ${administrator.username}.`);
  if (showPassword) print(describePassword(administrator, tenant.tenantKey));
  else if (outcome === 'provisioned')
    print('Run the same command with --show-password to see the first password.');
  const isTold = showPassword || outcome === 'provisioned';
  if (isTold && administrator.passwordIsGenerated && administrator.passwordState === 'kept') {
    print(singleUse);
  }
}

function describePassword(
  { password, passwordState, passwordIsGenerated }: FirstAdministrator,
  tenantKey: string,
): string {
  const another = `Give another one with --tenant-key ${tenantKey} --reset-admin-password.`;
  switch (passwordState) {
    case 'kept':
      return `Its first password is ${password}`;
    case 'used':
      return `Its first password has been used, or replaced, and is kept no more. ${another}`;
    case 'expired':
      return passwordIsGenerated
        ? `Its first password has expired. ${another}`
        : `Its first password is good, but was kept for 72 hours only. ${another}`;
    case 'unknown':
      return 'Its first password is not shown: whether it has been used can’t be found out right now.';
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
      directHost: tenant.dbDirectHost,
      directPort: tenant.dbDirectPort,
      sslmode: tenant.dbSslmode,
      sslrootcert: tenant.dbSslrootcert,
      name: tenant.dbName,
      user: tenant.dbUser,
      owner: tenant.dbOwnerUser,
    },
    administrator: administrator && {
      username: administrator.username,
      email: administrator.email,
      passwordState: administrator.passwordState,
      ...(showPassword ? { password: administrator.password } : {}),
    },
  };
}
