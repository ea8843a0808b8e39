import { z } from 'zod';
import { sslModes } from '../src/config/tls-settings.ts';
import {
  databaseAddressSchema,
  provisioningRequestSchema,
} from '../src/tenancy/provisioning/provisioning-request.ts';
import { moveTenant } from '../src/tenancy/rotation/move-tenant.ts';
import { migrationCommand } from '../src/tenancy/tenant-schema.ts';
import { operatorScript, withOperatorTools } from './support/operator.ts';
import {
  counted,
  parseFlags,
  print,
  printJson,
  runScript,
  UsageError,
  wholeNumber,
} from './support/script.ts';

const program = operatorScript(
  'move-tenant',
  `Repoints a tenant to a database that has already been moved, while requests go on: those that run finish where they
began. It moves no data: the database and its roles must be there already, and it checks first that the tenant can sign
in and finds its own data. While two copies can be written to, suspend the tenant or make the old one read-only.`,
)
  .option('--tenant-key <key>', 'the tenant (needed)')
  .option('--db-host <host>', 'the database server (default: as it is)')
  .option('--db-port <port>', 'its port (default: as it is)', wholeNumber(1, 65_535))
  .option('--db-name <name>', 'the database (default: as it is)')
  .option(
    '--db-direct-host <host>',
    'the server itself if --db-host is a connection pooler; none if it is none',
  )
  .option('--db-direct-port <port>', 'its port', wholeNumber(1, 65_535))
  .option('--db-sslmode <mode>', `the use of TLS: ${sslModes.join(', ')} (default: as it is)`)
  .option('--db-sslrootcert <file>', 'the CA that signs the server’s certificate; none for no file')
  .option('--db-sslcert <file>', 'a client certificate; none for no file')
  .option('--db-sslkey <file>', 'its private key; none for no file')
  .option('--trust', 'go on although nothing proves that the data there is the tenant’s');

const { shape: address } = databaseAddressSchema;
const none = z.literal('none').transform(() => null);

const placeSchema = z.object({
  tenantKey: provisioningRequestSchema.shape.tenantKey,
  dbHost: address.dbHost.unwrap().exactOptional(),
  dbPort: address.dbPort.unwrap().exactOptional(),
  dbName: provisioningRequestSchema.shape.dbName.unwrap().exactOptional(),
  dbDirectHost: none.or(address.dbDirectHost.unwrap()).exactOptional(),
  dbDirectPort: address.dbDirectPort.unwrap().exactOptional(),
  dbSslmode: address.dbSslmode.unwrap().exactOptional(),
  dbSslrootcert: none.or(address.dbSslrootcert.unwrap()).exactOptional(),
  dbSslcert: none.or(address.dbSslcert.unwrap()).exactOptional(),
  dbSslkey: none.or(address.dbSslkey.unwrap()).exactOptional(),
});
const switchesSchema = z.object({ json: z.boolean().default(false), trust: z.boolean().default(false) });

const proofs = {
  marker: 'the database says that it is this tenant’s',
  'first-user': 'both have the same first user',
  trusted: 'not proven',
} as const;

await runScript(program, async () => {
  const { json, trust } = switchesSchema.parse(program.opts());
  const { tenantKey, ...place } = parseFlags(placeSchema, program.opts());
  if (Object.keys(place).length === 0) {
    throw new UsageError(
      'Say what changes: --db-host, --db-port, --db-name, --db-direct-host or --db-sslmode.',
    );
  }
  const { outcome, seconds } = await withOperatorTools(program, async (tools) => ({
    outcome: await moveTenant(tools, tenantKey, place, trust),
    seconds: tools.unheardSeconds,
  }));
  if (json) printJson({ tenantKey, ...outcome });
  else if (!outcome.moved) print(`Tenant ${tenantKey} is at ${outcome.to} already; nothing was changed.`);
  else {
    print(
      `Tenant ${tenantKey} was at ${outcome.from} and is now at ${outcome.to} (${proofs[outcome.proof]}).`,
    );
    print(
      `Processes that miss the invalidation use the old address for up to ${counted(seconds, 'second')}.`,
    );
  }
  if (!json && outcome.remark !== null) print(outcome.remark);
  if (!json && outcome.lacking.length > 0) {
    print(`The database there lacks ${outcome.lacking.join(', ')}: run "${migrationCommand(tenantKey)}".`);
  }
  return 0;
});
