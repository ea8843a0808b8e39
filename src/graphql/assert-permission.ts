import type { PermissionCode } from '../auth/permissions.ts';
import { hasPermission } from '../auth/viewer.ts';
import { ForbiddenError } from '../errors/index.ts';
import type { Context } from './context.ts';

/**
 * For where a scope can't stand: fetching an object by its global id, before it is known to exist.
 * @throws {ForbiddenError} when the viewer lacks the permission, or the reason why there is no viewer.
 */
export function assertPermission(context: Context, permission: PermissionCode): void {
  if (!hasPermission(context.viewer, permission)) {
    throw new ForbiddenError(`This needs the permission ${permission}.`);
  }
}
