import type { PermissionCode } from '../../auth/permissions.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';

/**
 * The permission that reading the values of a change takes besides `audit:read`, by the type of the changed entity.
 * Values of types that are not listed, such as an older version's, are shown to managers only.
 */
const readPermissions: ReadonlyMap<string, PermissionCode> = new Map([
  ['User', 'users:read'],
  ['Session', 'users:read'],
  ['Role', 'roles:read'],
  ['Department', 'departments:read'],
  ['Branch', 'branches:read'],
  // A manager's reason for entering the tenant, and an operator's work in it: the log is there to show them.
  ['Tenant', 'audit:read'],
]);

/** Fields that name rows of another type than the changed one. */
const foreignFields: ReadonlyMap<string, PermissionCode> = new Map([
  ['movedUsers', 'users:read'],
  ['movedDepartments', 'departments:read'],
]);

/** Returns whether a viewer who may read the audit log may read the values of that field of such an entity. */
export function mayReadChange(viewer: Viewer, entityType: string, field: string): boolean {
  if (viewer.role === 'manager') return true;
  const permission = readPermissions.get(entityType);
  if (permission === undefined || !hasPermission(viewer, permission)) return false;
  const foreign = foreignFields.get(field);
  return foreign === undefined || hasPermission(viewer, foreign);
}
