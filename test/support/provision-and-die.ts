import { z } from 'zod';
import { withFleetTools } from '../../scripts/support/fleet-tools.ts';
import { readFleetConfiguration } from '../../src/config/environment.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';

// Provisions the tenant of its arguments, and is killed by its own hand right after the named step.
const [tenantKey, dbName, lastStep] = z
  .tuple([z.string(), z.string(), z.string()])
  .parse(process.argv.slice(2));

await withFleetTools(
  (tools) =>
    provisionTenant(tools, { tenantKey, companyName: 'Killed Company', dbName, dbUser: dbName }, (step) => {
      if (step === lastStep) process.kill(process.pid, 'SIGKILL');
    }),
  readFleetConfiguration(process.env),
);
