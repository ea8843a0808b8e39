import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { ForbiddenError, message } from '../../errors/index.ts';

/** The messages that name the missing permissions, and those that don't. */
const refusals = {
  user: { named: 'forbidden.userBeyondOwn', unnamed: 'forbidden.userBeyondOwnUnnamed' },
  givenRole: { named: 'forbidden.roleBeyondOwn', unnamed: 'forbidden.roleBeyondOwnUnnamed' },
  changedRole: { named: 'forbidden.roleAboveOwn', unnamed: 'forbidden.roleAboveOwnUnnamed' },
} as const;

/**
 * Creates the refusal of a change that involves more rights than the viewer has. It names them only to a viewer who
 * could look them up: reading a role's permissions takes `roles:read`, and reading a user's role `users:read`.
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
