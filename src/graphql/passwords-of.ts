import type { Passwords } from '../auth/password-queue.ts';
import { managersRealm } from '../auth/sessions/live-sessions.ts';
import type { Context } from './context.ts';

/**
 * Hashes and verifies passwords on behalf of the viewer, in the request's tenant or, for a manager in none, among
 * managers.
 */
export function passwordsOf({ sessions, viewer }: Context): Passwords {
  const { tenantKey, userId } = viewer;
  return sessions.passwords.of({ tenant: tenantKey ?? managersRealm, member: `user ${userId}` });
}
