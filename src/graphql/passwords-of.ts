import type { Passwords } from '../auth/password-queue.ts';
import type { Context } from './context.ts';

/** Hashes and verifies on behalf of the viewer, in the request's tenant. */
export function passwordsOf({ sessions, tenant, viewer }: Context): Passwords {
  return sessions.passwords.of({ tenant: tenant.tenantKey, member: `user ${viewer.userId}` });
}
