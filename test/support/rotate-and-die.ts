import { z } from 'zod';
import { withFleetTools } from '../../scripts/support/fleet-tools.ts';
import { readFleetConfiguration } from '../../src/config/environment.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';

// Rotates the tenant of its arguments, and is killed by its own hand right after the named step.
const [tenantKey, lastStep] = z.tuple([z.string(), z.string()]).parse(process.argv.slice(2));

await withFleetTools(
  (tools) =>
    rotateCredentials(
      tools,
      tenantKey,
      { purpose: 'application', graceSeconds: 0, drainSeconds: 5 },
      (step) => {
        if (step === lastStep) process.kill(process.pid, 'SIGKILL');
      },
    ),
  readFleetConfiguration(process.env),
);
