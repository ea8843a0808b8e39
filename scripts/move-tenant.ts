import pg from 'pg';
import { z } from 'zod';
import { readProvisioningPasswords } from '../src/config/script-environment.ts';
import { sslModes } from '../src/config/tls-settings.ts';
import { type MoveOutcome, moveTenant } from '../src/tenancy/move/move-tenant.ts';
import type { NewRoles } from '../src/tenancy/move/new-roles.ts';
import { DatabaseNotReadyError } from '../src/tenancy/provisioning/existing-database/existing-database.ts';
import { comment } from '../src/tenancy/provisioning/existing-database/finding.ts';
import {
  databaseAddressSchema,
  existingDatabaseSchema,
  provisioningRequestSchema,
} from '../src/tenancy/provisioning/provisioning-request.ts';
import { migrationCommand } from '../src/tenancy/tenant-schema.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import { printNotReady } from './support/readiness-report.ts';
import {
  counted,
  parseFlags,
  print,
  printJson,
  runScript,
  UsageError,
  wholeNumber,
} from './support/script.ts';
import { readJsonFromStandardInput } from './support/standard-input.ts';

const program = operatorScript(
  'move-tenant',
  `Repoints a tenant to a database that has already been moved, while requests continue: running ones finish where they
began. It moves no data: the database and its roles must be there already, and it checks first that the tenant can sign
in and finds its own data. While two copies can be written to, suspend the tenant or make the old one read-only.

It also gives a tenant other roles, or their new passwords, if an operator has created its database and roles
(provision-tenant --existing-database). The passwords come from DB_PASSWORD and DB_OWNER_PASSWORD, or as JSON
{"dbPassword": "…", "dbOwnerPassword": "…"} on standard input with --passwords-stdin. The new role is checked as
provision-tenant does, and gets its privileges before requests use it; the old one stays valid until the operator
drops it.`,
)
  .option('--tenant-key <key>', 'the tenant (required)')
  .option('--db-host <host>', 'the database server (default: unchanged)')
  .option('--db-port <port>', 'its port (default: unchanged)', wholeNumber(1, 65_535))
  .option('--db-name <name>', 'the database (default: unchanged)')
  .option(
    '--db-direct-host <host>',
    'the server behind the connection pooler in --db-host; none without a pooler',
  )
  .option('--db-direct-port <port>', 'its port (default: 5432)', wholeNumber(1, 65_535))
  .option('--db-sslmode <mode>', `the TLS mode: ${sslModes.join(', ')} (default: unchanged)`)
  .option('--db-sslrootcert <file>', "the CA file of the server's certificate, or none")
  .option('--db-sslcert <file>', 'a client certificate, or none')
  .option('--db-sslkey <file>', 'its private key, or none')
  .option('--db-user <role>', 'the operator-created role for requests, new or with a new password')
  .option('--db-owner-user <role>', 'the same for the role for migrations')
  .option('--passwords-stdin', 'read the passwords from standard input')
  .option('--trust', "continue without proof that the data there is the tenant's");

const { shape: address } = databaseAddressSchema;
const orNone = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === 'none' ? null : value), schema.nullable()).exactOptional();

const placeSchema = z.object({
  tenantKey: provisioningRequestSchema.shape.tenantKey,
  dbHost: address.dbHost.unwrap().exactOptional(),
  dbPort: address.dbPort.unwrap().exactOptional(),
  dbName: provisioningRequestSchema.shape.dbName.unwrap().exactOptional(),
  dbDirectHost: orNone(address.dbDirectHost.unwrap()),
  dbDirectPort: address.dbDirectPort.unwrap().exactOptional(),
  dbSslmode: address.dbSslmode.unwrap().exactOptional(),
  dbSslrootcert: orNone(address.dbSslrootcert.unwrap()),
  dbSslcert: orNone(address.dbSslcert.unwrap()),
  dbSslkey: orNone(address.dbSslkey.unwrap()),
});
const switchesSchema = z.object({
  json: z.boolean().default(false),
  trust: z.boolean().default(false),
  passwordsStdin: z.boolean().default(false),
});

const { shape: existing } = existingDatabaseSchema;
const rolesSchema = z.object({
  dbUser: existing.dbUser.exactOptional(),
  dbOwnerUser: existing.dbOwnerUser.exactOptional(),
  dbPassword: existing.dbPassword.optional(),
  dbOwnerPassword: existing.dbOwnerPassword.optional(),
});
const passwordsSchema = z.strictObject({
  dbPassword: z.string().optional(),
  dbOwnerPassword: z.string().optional(),
});
const passwordsExample = '{"dbPassword": "…", "dbOwnerPassword": "…"}';

const proofs = {
  marker: "the marker in the database is this tenant's",
  'first-user': 'both have the same first user',
  trusted: 'not proven',
} as const;

/** The columns that the addresses in the first line don't show, with their display names. */
const settings: Readonly<Record<string, string>> = {
  dbDirectHost: 'direct host',
  dbDirectPort: 'direct port',
  dbSslmode: 'sslmode',
  dbSslrootcert: 'sslrootcert',
  dbSslcert: 'sslcert',
  dbSslkey: 'sslkey',
};

await runScript(program, async () => {
  const { json, trust, passwordsStdin } = switchesSchema.parse(program.opts());
  const { tenantKey, ...place } = parseFlags(placeSchema, program.opts());
  const roles = await readRoles(passwordsStdin);
  if (Object.keys(place).length === 0 && Object.keys(roles).length === 0) {
    throw new UsageError(
      'Give at least one of --db-host, --db-port, --db-name, --db-direct-host, --db-direct-port, --db-sslmode, --db-sslrootcert, --db-sslcert, --db-sslkey, --db-user or --db-owner-user.',
    );
  }
  try {
    const { outcome, seconds } = await withOperatorTools(program, async (tools) => ({
      outcome: await moveTenant(tools, tenantKey, place, trust, roles),
      seconds: tools.maxStalenessSeconds,
    }));
    if (json) printJson({ tenantKey, ...outcome });
    else printOutcome(tenantKey, outcome, roles, seconds);
    return 0;
  } catch (error) {
    if (!(error instanceof DatabaseNotReadyError)) throw error;
    printNotReady(program, error);
    return 1;
  }
});

/** The roles to use, each with its password. */
async function readRoles(passwordsStdin: boolean): Promise<NewRoles> {
  const given = parseFlags(rolesSchema, {
    ...readProvisioningPasswords(),
    ...(passwordsStdin ? await readJsonFromStandardInput(passwordsSchema, passwordsExample) : {}),
    ...program.opts(),
  });
  return {
    ...namedRole('application', given.dbUser, given.dbPassword, '--db-user needs DB_PASSWORD'),
    ...namedRole(
      'owner',
      given.dbOwnerUser,
      given.dbOwnerPassword,
      '--db-owner-user needs DB_OWNER_PASSWORD',
    ),
  };
}

/** @throws {UsageError} when a role lacks its password. */
function namedRole(
  purpose: keyof NewRoles,
  user: string | undefined,
  password: string | undefined,
  complaint: string,
): NewRoles {
  if (user === undefined) return {};
  if (password === undefined) throw new UsageError(`${complaint}, or --passwords-stdin.`);
  return { [purpose]: { user, password } };
}

function printOutcome(tenantKey: string, outcome: MoveOutcome, roles: NewRoles, seconds: number): void {
  const { moved, from, to, proof, changes } = outcome;
  if (!moved) print(`Tenant ${tenantKey} is already at ${to}; nothing was changed.`);
  else {
    const place = from === to ? `is still at ${to}` : `was at ${from} and is now at ${to}`;
    print(`Tenant ${tenantKey} ${place} (${proofs[proof]}).`);
    for (const [column, { before, after }] of Object.entries(changes)) {
      const name = settings[column];
      if (name !== undefined) print(`  ${name}: ${before ?? 'none'} → ${after ?? 'none'}`);
    }
    const old = from !== to ? 'old address' : Object.keys(changes).length > 0 ? 'old settings' : 'old role';
    print(`Processes that miss the invalidation use the ${old} for up to ${counted(seconds, 'second')}.`);
    printRoles(outcome, roles, seconds);
  }
  if (outcome.remark !== null) print(outcome.remark);
  if (outcome.lacking.length > 0) {
    print(`The database there lacks ${outcome.lacking.join(', ')}: run "${migrationCommand(tenantKey)}".`);
  }
}

function printRoles({ to, retired }: MoveOutcome, { application, owner }: NewRoles, seconds: number): void {
  if (application) print(`Requests sign in as ${application.user}.`);
  if (owner) print(`Migrations sign in as ${owner.user}.`);
  const former = [retired.application, retired.owner].filter((role) => role !== null);
  if (former.length === 0) return;
  const waiting = counted(seconds, 'second');
  print(comment(`After ${waiting}, once no session of ${former.join(' or ')} is left, run this in ${to}:`));
  for (const role of former) print(`ALTER ROLE ${pg.escapeIdentifier(role)} NOLOGIN;`);
  // Not the former owner, who may own what is not the tenant's.
  if (retired.application !== null) print(`DROP OWNED BY ${pg.escapeIdentifier(retired.application)};`);
}
