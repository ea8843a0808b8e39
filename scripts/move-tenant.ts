import { z } from 'zod';
import { provisioningRequestSchema } from '../src/tenancy/provisioning/provisioning-request.ts';
import { moveTenant } from '../src/tenancy/rotation/move-tenant.ts';
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
  .option('--trust', 'go on although nothing proves that the data there is the tenant’s');

const placeSchema = provisioningRequestSchema.pick({
  tenantKey: true,
  dbHost: true,
  dbPort: true,
  dbName: true,
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
  if (Object.values(place).every((part) => part === undefined)) {
    throw new UsageError('Say where to: --db-host, --db-port or --db-name.');
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
  return 0;
});
