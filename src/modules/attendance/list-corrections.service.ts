import { z } from 'zod';
import { type Viewer, visibleOwners } from '../../auth/viewer.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import type { CorrectionStatus } from '../../generated/tenant/enums.ts';
import { departmentsLedBy } from '../employees/department-heads.service.ts';

/** Which corrections to list. */
export interface CorrectionFilter {
  readonly employeeId: string | undefined;
  readonly status: CorrectionStatus | null | undefined;
  readonly take: number;
}

const departmentsSchema = z.array(z.object({ id: z.string() }));

/**
 * Lists corrections, the newest first: of whom the viewer may read the attendance of, or decide on, and their own.
 */
export async function listCorrections(
  db: TenantDatabase,
  viewer: Viewer,
  { employeeId, status, take }: CorrectionFilter,
  selection: Selection,
): Promise<{ readonly id: string }[]> {
  return db.attendanceCorrection.findMany({
    ...selection,
    where: {
      ...(employeeId === undefined ? {} : { employeeId }),
      ...(status == null ? {} : { status }),
      ...(await reachOf(db, viewer)),
    },
    orderBy: [{ requestedAt: 'desc' }, { id: 'desc' }],
    take,
  });
}

async function reachOf(db: TenantDatabase, viewer: Viewer) {
  const reached = [visibleOwners(viewer, 'attendance:read'), visibleOwners(viewer, 'attendance:approve')];
  const owners = new Set([viewer.userId]);
  for (const each of reached) {
    if (each === 'everybody') return {};
    for (const owner of each) owners.add(owner);
  }
  const led = departmentsSchema.parse(await db.$queryRaw(departmentsLedBy(viewer.userId)));
  return {
    employee: {
      OR: [{ userId: { in: [...owners] } }, { departmentId: { in: led.map(({ id }) => id) } }],
    },
  };
}
