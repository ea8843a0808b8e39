import { announced } from '../../db/announced-change.ts';
import type { IdentityDatabase } from '../../db/identity-database.ts';
import type { IssuedRefreshToken } from '../token-issuer.ts';
import {
  beginSession,
  type RevocationReason,
  type RevokedSessions,
  revokeSessions,
  type SessionOrigin,
} from './sessions.ts';

/** Begins and ends the sessions of a realm in one transaction. */
export interface SessionChanges {
  readonly identity: IdentityDatabase;
  /** See {@link beginSession}. */
  beginSession(
    session: { readonly id: string; readonly accountId: string },
    token: IssuedRefreshToken,
    origin: SessionOrigin,
  ): Promise<string[]>;
  /** See {@link revokeSessions}. */
  revokeSessions(which: RevokedSessions, reason: RevocationReason): Promise<string[]>;
}

/** @param onEnd called when sessions have ended. */
export function sessionChanges(identity: IdentityDatabase, onEnd: () => void = () => {}): SessionChanges {
  const noteEnds = (ids: string[]): string[] => {
    if (ids.length > 0) onEnd();
    return ids;
  };
  return {
    identity,
    beginSession: async (...session) => noteEnds(await beginSession(identity, ...session)),
    revokeSessions: async (...which) => noteEnds(await revokeSessions(identity, ...which)),
  };
}

/**
 * Runs a transaction that may end sessions. If it does, that is announced once it is committed.
 * @param transact gets the session changes of the database that it names.
 */
export function announcingEnds<T>(
  announce: () => Promise<void>,
  transact: (sessionsOf: (identity: IdentityDatabase) => SessionChanges) => Promise<T>,
): Promise<T> {
  let ended = false;
  const noteEnd = () => {
    ended = true;
  };
  return announced(
    () => transact((identity) => sessionChanges(identity, noteEnd)),
    async () => {
      if (ended) await announce();
    },
  );
}
