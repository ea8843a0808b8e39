import { z } from 'zod';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { message, UnauthenticatedError } from '../../errors/index.ts';
import type { Actor } from '../viewer.ts';

/**
 * Keeps the session of the manager who acts open until the central transaction is over: whoever ends it meanwhile waits.
 * To be called in each transaction that changes something in a manager's name.
 * @throws {UnauthenticatedError} when it has ended already, or the manager may not sign in any more.
 */
export async function holdManagerSession(
  transaction: CentralDatabase,
  { viewer: { sessionId, userId } }: Actor,
): Promise<void> {
  const held = await transaction.$queryRaw`
    SELECT 1 AS held FROM public.manager_sessions AS session
    JOIN public.managers AS manager ON manager.id = session.account_id
    WHERE session.id = ${sessionId}::uuid AND manager.id = ${userId}::uuid
      AND session.revoked_at IS NULL AND session.expires_at > now()
      AND manager.is_active AND manager.deleted_at IS NULL
    FOR SHARE OF session`;
  if (z.array(z.unknown()).parse(held).length === 0) {
    throw new UnauthenticatedError(message('auth.sessionEnded'));
  }
}
