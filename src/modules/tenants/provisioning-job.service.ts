import type { CentralDatabase } from '../../db/identity-database.ts';
import { inOrder } from '../../db/in-order.ts';
import type { ProvisioningJob } from '../../generated/central/client.ts';

/** A job as managers see it. */
export type ProvisioningJobRow = Omit<ProvisioningJob, 'request'>;

/** The jobs of those ids, in their order, with null for those that do not exist. */
export async function loadJobs(
  central: CentralDatabase,
  ids: readonly string[],
): Promise<(ProvisioningJobRow | null)[]> {
  const rows = await central.provisioningJob.findMany({ where: { id: { in: [...ids] } } });
  return inOrder(ids, rows, (row) => row.id);
}
