import { z } from 'zod';
import type { CentralDatabase } from '../../db/identity-database.ts';
import { message, UnauthenticatedError } from '../../errors/index.ts';
import type { Actor } from '../viewer.ts';

/**
 * Locks the acting manager's session until the end of the central transaction: whoever ends the session meanwhile
 * waits. Call it in every transaction that changes something in a manager's name.
 * @throws {UnauthenticatedError} when the session has already ended, or the manager may no longer sign in.
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
