import type { Passwords } from '../auth/password-queue.ts';
import type { Context } from './context.ts';

/** Hashes on the account of the viewer, in the tenant that the request is in. */
export function passwordsOf({ sessions, tenant, viewer }: Context): Passwords {
  return sessions.passwords.of({ tenant: tenant.tenantKey, member: `user ${viewer.userId}` });
}
