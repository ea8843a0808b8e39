import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { ForbiddenError, message } from '../../errors/index.ts';

/** What is said with the names of the permissions, and what without. */
const refusals = {
  user: { named: 'forbidden.userBeyondOwn', unnamed: 'forbidden.userBeyondOwnUnnamed' },
  givenRole: { named: 'forbidden.roleBeyondOwn', unnamed: 'forbidden.roleBeyondOwnUnnamed' },
  changedRole: { named: 'forbidden.roleAboveOwn', unnamed: 'forbidden.roleAboveOwnUnnamed' },
} as const;

/**
 * The refusal of a change that is about more rights than the viewer has. It names them only to a viewer who could
 * look them up: what a role permits is read with `roles:read`, and what role a user has with `users:read`.
 */
export function beyondOwn(
  viewer: Viewer,
  refused: keyof typeof refusals,
  missing: readonly string[],
): ForbiddenError {
  const mayKnow =
    hasPermission(viewer, 'roles:read') && (refused !== 'user' || hasPermission(viewer, 'users:read'));
  const { named, unnamed } = refusals[refused];
  return new ForbiddenError(mayKnow ? message(named, { permissions: missing.join(', ') }) : message(unnamed));
}
