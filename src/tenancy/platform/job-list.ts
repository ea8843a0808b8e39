import type { CentralDatabase } from '../../db/identity-database.ts';
import { inOrder } from '../../db/in-order.ts';
import type { Prisma, ProvisioningJob } from '../../generated/central/client.ts';

/** A job as managers see it. */
export type JobRow = Omit<ProvisioningJob, 'request'>;

/** The jobs of those ids, in their order, with null for those that do not exist. */
export async function loadJobs(central: CentralDatabase, ids: readonly string[]): Promise<(JobRow | null)[]> {
  const rows = await central.provisioningJob.findMany({ where: { id: { in: [...ids] } } });
  return inOrder(ids, rows, (row) => row.id);
}

/** A page of jobs. */
export function listJobs(
  central: CentralDatabase,
  page: Pick<Prisma.ProvisioningJobFindManyArgs, 'where' | 'orderBy' | 'take'>,
): Promise<JobRow[]> {
  return central.provisioningJob.findMany(page);
}
