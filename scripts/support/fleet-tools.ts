import type { FleetConfiguration } from '../../src/config/environment.ts';
import { assertCentralIsReady } from '../../src/db/central-readiness.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { type FleetTools, openFleet } from '../../src/tenancy/fleet/open-fleet.ts';

/**
 * Opens the fleet for the length of `work`.
 * @throws {CentralDatabaseError} when the central database does not answer, or is not migrated.
 */
export async function withFleetTools<T>(
  work: (tools: FleetTools) => Promise<T>,
  configuration: FleetConfiguration,
): Promise<T> {
  // Results go to standard output; what is logged must not get between them.
  const fleet = openFleet(
    configuration,
    createLogger({ ...configuration.logging, format: 'text' }, process.stderr),
  );
  try {
    await assertCentralIsReady(fleet.tools.central);
    return await work(fleet.tools);
  } finally {
    await fleet.close();
  }
}
