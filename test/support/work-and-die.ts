import { z } from 'zod';
import { withFleetTools } from '../../scripts/support/fleet-tools.ts';
import { readFleetConfiguration } from '../../src/config/environment.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createProvisioningWorker } from '../../src/tenancy/platform/provisioning-worker.ts';

// Works on provisioning jobs, and is killed by its own hand right after the step of its argument.
const [lastStep] = z.tuple([z.string()]).parse(process.argv.slice(2));

await withFleetTools((tools) => {
  const logger = createLogger({ level: 'silent', format: 'json' });
  return createProvisioningWorker(tools, logger, (_tenantKey, step) => {
    if (step === lastStep) process.kill(process.pid, 'SIGKILL');
  }).work();
}, readFleetConfiguration(process.env));
