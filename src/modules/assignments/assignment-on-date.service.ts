import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import type { EntityRow } from '../../entities/entity.ts';

/** The assignments that hold on a day, in the order of the employees' ids; null for who does not work then. */
export async function findAssignmentsOn(
  db: TenantDatabase,
  day: Date,
  employeeIds: readonly string[],
  visible: object,
  selection: Selection,
): Promise<(Pick<EntityRow, 'id'> | null)[]> {
  const held = await db.assignment.findMany({
    where: {
      employeeId: { in: [...employeeIds] },
      startsOn: { lte: day },
      deletedAt: null,
      employee: { OR: [{ leftOn: null }, { leftOn: { gte: day } }] },
      AND: [visible],
    },
    orderBy: { startsOn: 'desc' },
    distinct: ['employeeId'],
    select: { id: true, employeeId: true },
  });
  const rows: Pick<EntityRow, 'id'>[] = await db.assignment.findMany({
    ...selection,
    where: { id: { in: held.map(({ id }) => id) } },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const idOf = new Map(held.map(({ id, employeeId }) => [employeeId, id]));
  return employeeIds.map((id) => byId.get(idOf.get(id) ?? '') ?? null);
}
