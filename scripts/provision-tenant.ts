import { z } from 'zod';
import { readProvisioningPasswords } from '../src/config/script-environment.ts';
import { sslModes } from '../src/config/tls-settings.ts';
import { textSchema } from '../src/db/text.ts';
import { resetAdministratorPassword } from '../src/tenancy/provisioning/administrator-password.ts';
import {
  DatabaseNotReadyError,
  examineExistingDatabase,
} from '../src/tenancy/provisioning/existing-database/existing-database.ts';
import { type Finding, findingsAsScript } from '../src/tenancy/provisioning/existing-database/finding.ts';
import { setUpScript } from '../src/tenancy/provisioning/existing-database/set-up-script.ts';
import type { FirstAdministrator } from '../src/tenancy/provisioning/first-administrator.ts';
import {
  type ProvisioningOutcome,
  provisionTenant,
  removeUnfinishedTenant,
} from '../src/tenancy/provisioning/provision-tenant.ts';
import {
  existingDatabaseRequestSchema,
  existingDatabaseSchema,
  type ProvisioningRequest,
  provisioningRequestSchema,
} from '../src/tenancy/provisioning/provisioning-request.ts';
import { tenantKeySchema } from '../src/tenancy/tenant-key.ts';
import { operatorName, operatorScript, withOperatorTools } from './support/operator.ts';
import { printNotReady } from './support/readiness-report.ts';
import { parseFlags, print, printJson, runScript, UsageError, warn, wholeNumber } from './support/script.ts';
import { readJsonFromStandardInput } from './support/standard-input.ts';

const program = operatorScript(
  'provision-tenant',
  `Creates a tenant: registers it, creates its roles and database, migrates and seeds it, and puts it in service.
Run again after an interruption, it finishes; run on a finished tenant, it changes nothing.

Passwords that are not given are generated. They may also come from DB_PASSWORD and ADMIN_PASSWORD, or as
JSON {"dbPassword": "…", "adminPassword": "…"} on standard input with --passwords-stdin, so that they don't appear in a
process list. The first administrator's password is kept until it is used, for 72 hours at most; a generated one is
single-use and expires then.

With --existing-database, an operator has created the database and both roles, and nothing needs an administrator.
Whatever is missing is listed first, as statements for psql and with who may run them; nothing is recorded or changed
until it is there. The passwords of both roles are required: DB_PASSWORD and DB_OWNER_PASSWORD, or "dbPassword" and
"dbOwnerPassword" on standard input.`,
)
  .option('--tenant-key <key>', "the tenant's key, e.g. acme01 (required)")
  .option('--company-name <name>', 'the company (required unless --cleanup is given)')
  .option('--plan <plan>', 'starter, pro or enterprise (default: starter)')
  .option('--max-users <count>', 'seats of the plan (default: 50)', wholeNumber(1, 100_000))
  .option('--db-host <host>', "the database server (default: the tenant administrator's)")
  .option('--db-port <port>', 'its port', wholeNumber(1, 65_535))
  .option('--db-name <name>', 'the database (default: tenant_<key>)')
  .option('--db-direct-host <host>', 'the server behind the connection pooler in --db-host')
  .option('--db-direct-port <port>', 'its port (default: 5432)', wholeNumber(1, 65_535))
  .option('--db-sslmode <mode>', `the TLS mode: ${sslModes.join(', ')} (default: TENANT_DATABASE_SSLMODE)`)
  .option('--db-sslrootcert <file>', "the CA file of the server's certificate (an absolute path, or system)")
  .option('--db-sslcert <file>', 'a client certificate (an absolute path)')
  .option('--db-sslkey <file>', 'its private key')
  .option('--db-user <role>', "the application's role in it (default: tenant_<key>); <role>-owner owns it")
  .option('--db-password <password>', "the role's password (better: DB_PASSWORD or --passwords-stdin)")
  .option('--admin-username <name>', 'the first administrator (default: admin)')
  .option('--admin-email <address>', "the first administrator's email address")
  .option(
    '--admin-password <password>',
    "the first administrator's password (better: ADMIN_PASSWORD or --passwords-stdin)",
  )
  .option(
    '--existing-database',
    'use a database and roles that an operator has created; requires --db-host, --db-name, --db-user and --db-owner-user',
  )
  .option('--db-owner-user <role>', 'with --existing-database: the role that owns it and runs migrations')
  .option(
    '--dry-run',
    'with --existing-database: only list what is missing; without passwords, print the statements that create everything',
  )
  .option('--passwords-stdin', 'read the passwords from standard input')
  .option('--show-password', "print the first administrator's password at the end, if it is still stored")
  .option(
    '--reset-admin-password',
    'set and print a one-time password for an administrator of a finished tenant, and end their sessions',
  )
  .option(
    '--cleanup',
    'remove what an unfinished run has created: database, roles and record; of an existing database, only its contents',
  );

const switchesSchema = z.object({
  json: z.boolean().default(false),
  passwordsStdin: z.boolean().default(false),
  showPassword: z.boolean().default(false),
  cleanup: z.boolean().default(false),
  existingDatabase: z.boolean().default(false),
  dryRun: z.boolean().default(false),
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
  dbOwnerPassword: z.string().optional(),
  adminPassword: z.string().optional(),
});

const passwordsExample = '{"dbPassword": "…", "dbOwnerPassword": "…", "adminPassword": "…"}';

/** The flags required to print the statements that create a database and its roles. */
const namesSchema = existingDatabaseSchema.pick({ dbName: true, dbUser: true, dbOwnerUser: true });

await runScript(program, async () => {
  const flags = program.opts();
  const { json, passwordsStdin, showPassword, cleanup, resetAdminPassword, existingDatabase, dryRun } =
    switchesSchema.parse(flags);
  if (resetAdminPassword) return resetPassword(flags, json);
  if (cleanup) return removeUnfinished(parseFlags(cleanupSchema, flags).tenantKey, json);
  if (!existingDatabase && (dryRun || flags.dbOwnerUser !== undefined)) {
    throw new UsageError('--dry-run and --db-owner-user require --existing-database.');
  }

  const passwords = {
    ...readProvisioningPasswords(),
    ...(passwordsStdin ? await readJsonFromStandardInput(passwordsSchema, passwordsExample) : {}),
    ...(flags.dbPassword === undefined ? {} : { dbPassword: flags.dbPassword }),
  };
  if (dryRun && passwords.dbPassword === undefined && passwords.dbOwnerPassword === undefined) {
    return showSetUp(flags, json);
  }
  const given = { ...passwords, ...flags, createdBy: operatorName(program) };
  if (!existingDatabase) return provision(parseFlags(provisioningRequestSchema, given), json, showPassword);
  assertBothPasswords(passwords);
  const request = parseFlags(existingDatabaseRequestSchema, given);
  if (dryRun) return examine(request, json);
  return provision(request, json, showPassword);
});

async function provision(
  request: ProvisioningRequest,
  json: boolean,
  showPassword: boolean,
): Promise<number> {
  try {
    const { outcome, endpoint } = await withOperatorTools(program, async (tools) => ({
      outcome: await provisionTenant(tools, request, (step, steps) => {
        if (!json) print(`  ${steps.indexOf(step) + 1}/${steps.length} ${step}`);
      }),
      endpoint: tools.endpoint,
    }));
    if (json) printJson(describeAsJson(outcome, showPassword));
    else {
      printOutcome(outcome, showPassword);
      if (endpoint !== null && outcome.tenant.status === 'active') print(`Sign in at ${endpoint}`);
    }
    return 0;
  } catch (error) {
    // Also when resuming an unfinished tenant whose record says that its database is an operator's.
    if (!(error instanceof DatabaseNotReadyError)) throw error;
    printNotReady(program, error);
    return 1;
  }
}

/** Prints the statements that create a database and its roles, without connecting to anything. */
function showSetUp(flags: Readonly<Record<string, unknown>>, json: boolean): number {
  const { dbName, dbUser, dbOwnerUser } = parseFlags(namesSchema, flags);
  const setUp = setUpScript({ database: dbName, owner: dbOwnerUser, application: dbUser });
  if (json) printJson({ outcome: 'dry-run', setUp });
  else print(setUp);
  return 0;
}

async function examine(request: ProvisioningRequest, json: boolean): Promise<number> {
  const { missing, remarks, place } = await withOperatorTools(program, async (tools) => {
    const recorded = await tools.central.tenant.findUnique({ where: { tenantKey: request.tenantKey } });
    return examineExistingDatabase(tools, request, recorded);
  });
  if (missing.length > 0) {
    printNotReady(program, new DatabaseNotReadyError(place, missing));
    return 1;
  }
  if (json) printJson({ outcome: 'dry-run', missing, remarks });
  else {
    print(`Nothing is missing at ${place}.`);
    printRemarks(remarks);
  }
  return 0;
}

function assertBothPasswords(passwords: Readonly<Record<string, unknown>>): void {
  if (passwords.dbPassword !== undefined && passwords.dbOwnerPassword !== undefined) return;
  throw new UsageError(
    '--existing-database needs the passwords of both roles, in DB_PASSWORD and DB_OWNER_PASSWORD or with --passwords-stdin.',
  );
}

function printRemarks(remarks: readonly Finding[]): void {
  if (remarks.length === 0) return;
  print('These do not prevent provisioning, but should be fixed:');
  print(findingsAsScript(remarks));
}

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
  if (left.length > 0) print(`Not created by this tenant's runs, and therefore kept: ${left.join(', ')}.`);
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

function printOutcome(
  { outcome, tenant, administrator, remarks }: ProvisioningOutcome,
  showPassword: boolean,
): void {
  printRemarks(remarks);
  print(
    outcome === 'provisioned'
      ? `Tenant ${tenant.tenantKey} (${tenant.companyName}) is in service.`
      : `Tenant ${tenant.tenantKey} (${tenant.companyName}) already exists and is ${tenant.status}; nothing was changed.`,
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
  const another = `Set another one with --tenant-key ${tenantKey} --reset-admin-password.`;
  switch (passwordState) {
    case 'kept':
      return `Its first password is ${password}`;
    case 'used':
      return `Its first password has been used or replaced and is no longer stored. ${another}`;
    case 'expired':
      return passwordIsGenerated
        ? `Its first password has expired. ${another}`
        : `Its first password is valid, but was stored for 72 hours only. ${another}`;
    case 'unknown':
      return "Its first password is not shown: the database can't be asked right now whether it has been used.";
  }
}

function describeAsJson(
  { outcome, tenant, administrator, remarks }: ProvisioningOutcome,
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
      sslcert: tenant.dbSslcert,
      sslkey: tenant.dbSslkey,
      name: tenant.dbName,
      user: tenant.dbUser,
      owner: tenant.dbOwnerUser,
      provided: tenant.dbIsProvided,
    },
    remarks,
    administrator: administrator && {
      username: administrator.username,
      email: administrator.email,
      passwordState: administrator.passwordState,
      ...(showPassword ? { password: administrator.password } : {}),
    },
  };
}
