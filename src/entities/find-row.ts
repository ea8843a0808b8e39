import type { Viewer } from '../auth/viewer.ts';
import type { EntityName } from '../catalogue/entities.ts';
import type { Selection, TenantDatabase } from '../db/tenant-client.ts';
import type { Entity, EntityRow } from './entity.ts';
import { visibleRows } from './row-scope.ts';

/** The live row of that id that exists for the viewer, or null. */
export function findRow<Name extends EntityName>(
  { name, delegate }: Entity<Name>,
  db: TenantDatabase,
  viewer: Viewer,
  id: string,
  selection: Selection = {},
): Promise<EntityRow | null> {
  const where = { id, deletedAt: null, AND: [visibleRows(name, viewer, 'read')] };
  return delegate(db).findFirst({ ...selection, where });
}
