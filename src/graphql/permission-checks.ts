import type { PermissionCode } from '../auth/permissions.ts';
import { hasPermission } from '../auth/viewer.ts';
import { ForbiddenError, message } from '../errors/index.ts';
import type { Context } from './context.ts';

/**
 * Returns whether the request is in a tenant and its viewer holds the permission.
 * @throws the exact reason (no token, an expired one, a suspended tenant, …) when it is in none.
 */
export function holdsPermission(context: Context, permission: PermissionCode): boolean {
  return Boolean(context.db) && hasPermission(context.viewer, permission);
}

/**
 * Asserts a permission where no scope can be declared: before fetching an object by its global id.
 * @throws {ForbiddenError} when the viewer lacks the permission, or the reason why there is no viewer.
 */
export function assertPermission(context: Context, permission: PermissionCode): void {
  if (!holdsPermission(context, permission)) {
    throw new ForbiddenError(message('forbidden.permission', { permission }));
  }
}
