import type { PermissionCode } from '../../auth/permissions.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';

/**
 * What reading the values of a change takes besides `audit:read`, by the type of what was changed. Values of types
 * that are not listed, an older version's for one, are shown to managers only.
 */
const readPermissions: ReadonlyMap<string, PermissionCode> = new Map([
  ['User', 'users:read'],
  ['Session', 'users:read'],
  ['Role', 'roles:read'],
  ['Department', 'departments:read'],
  ['Branch', 'branches:read'],
  // Why a manager has entered the tenant, and what an operator has done in it: the log is what tells of it.
  ['Tenant', 'audit:read'],
]);

/** Fields that name rows of another type than the one that was changed. */
const foreignFields: ReadonlyMap<string, PermissionCode> = new Map([
  ['movedUsers', 'users:read'],
  ['movedDepartments', 'departments:read'],
]);

/** Whether the viewer, who may read the audit log, may read what a field of such an entity held. */
export function mayReadChange(viewer: Viewer, entityType: string, field: string): boolean {
  if (viewer.role === 'manager') return true;
  const permission = readPermissions.get(entityType);
  if (permission === undefined || !hasPermission(viewer, permission)) return false;
  const foreign = foreignFields.get(field);
  return foreign === undefined || hasPermission(viewer, foreign);
}
