import { LRUCache } from 'lru-cache';
import type { SharedCache } from '../../cache/index.ts';
import type { Reach, ViewerRole } from '../viewer.ts';

/** An active session, as the database has it: its account, and the current rights of that. */
export interface LiveSession {
  readonly userId: string;
  readonly username: string;
  readonly role: ViewerRole;
  readonly permissions: ReadonlySet<string>;
  readonly reach: Reach;
  /** In how many seconds after it was read the account's access ends; absent when that is not known. */
  readonly accessSeconds?: number;
}

/**
 * Remembers for some seconds which sessions go on, so that an access token can be held against the database without
 * a statement for each request. Whoever takes rights away says so, and every process forgets what it knew.
 */
export interface LiveSessions {
  /**
   * The session if it is live, otherwise null.
   * @param realm the tenant's key, or {@link managersRealm}.
   * @param load reads it from the realm's database; requests that meet at one session share one call.
   */
  find(
    realm: string,
    sessionId: string,
    load: () => Promise<LiveSession | null>,
  ): Promise<LiveSession | null>;
  /** Drops the realm's cached sessions in every process; must be called after each change that may revoke rights. */
  invalidate(realm: string): Promise<void>;
  /** Returns a check that tells whether nobody has announced a change in the realm since now. */
  watch(realm: string): () => boolean;
}

/** The realm of those who are in no tenant. No tenant's key contains a colon. */
export const managersRealm = ':managers';

interface Entry {
  /** The realm's mark when the session was read. */
  readonly mark: symbol;
  readonly session: Promise<LiveSession | null>;
  readonly freshUntil: number;
}

/** Memory for all sessions of all realms, some 15,000, and for the realms' marks: somebody may collect tokens. */
const sessionsBytes = 16 * 1_024 * 1_024;
const marksBytes = 4 * 1_024 * 1_024;

/** The approximate size of an entry without permissions, of each permission with its scope, and of a colleague's id. */
const entryBytes = 800;
const permissionBytes = 120;
const colleagueBytes = 72;

function sizeOfRights({ permissions, reach }: LiveSession): number {
  return (
    permissions.size * permissionBytes + (reach.colleagueIds.length + reach.headedIds.length) * colleagueBytes
  );
}

const keyPrefix = 'rights:';

/** Invalidates every process's cached sessions of the realm. */
export function invalidateSessions(shared: SharedCache, realm: string): Promise<void> {
  return shared.invalidate(`${keyPrefix}${realm}`);
}

/** Creates the memory of live sessions. `freshSeconds` bounds what a process believes that was not told of a change. */
export function createLiveSessions(shared: SharedCache, freshSeconds: number): LiveSessions {
  /** Sessions are believed while they carry their realm's current mark; a realm without a mark gets a new one. */
  const marks = new LRUCache<string, symbol>({
    maxSize: marksBytes,
    sizeCalculation: (_mark, realm) => 200 + realm.length,
  });
  const sessions = new LRUCache<string, Entry>({ maxSize: sessionsBytes });

  shared.onInvalidated((key) => {
    if (key === null) marks.clear();
    // What is being loaded for the realm goes with it: nobody else may join a look-up that began before the change.
    else if (key.startsWith(keyPrefix)) marks.delete(key.slice(keyPrefix.length));
  });

  function markOf(realm: string): symbol {
    const known = marks.get(realm);
    if (known) return known;
    const mark = Symbol(realm);
    marks.set(realm, mark);
    return mark;
  }

  return {
    find(realm, sessionId, load) {
      const mark = markOf(realm);
      const key = `${realm}/${sessionId}`;
      const known = sessions.get(key);
      if (known?.mark === mark && performance.now() < known.freshUntil) return known.session;
      const begun = performance.now();
      const entry = { mark, session: load(), freshUntil: begun + freshSeconds * 1_000 };
      sessions.set(key, entry, { size: entryBytes });
      entry.session.then(
        (session) => {
          const size = entryBytes + (session ? sizeOfRights(session) : 0);
          // A copy, because the cache doesn't change the size of a value that it already holds.
          const accessUntil = begun + (session?.accessSeconds ?? freshSeconds) * 1_000;
          const freshUntil = Math.min(entry.freshUntil, accessUntil);
          if (sessions.peek(key) === entry) sessions.set(key, { ...entry, freshUntil }, { size });
        },
        () => {
          if (sessions.peek(key) === entry) sessions.delete(key);
        },
      );
      return entry.session;
    },
    invalidate: (realm) => invalidateSessions(shared, realm),
    watch(realm) {
      const mark = markOf(realm);
      return () => marks.get(realm) === mark;
    },
  };
}
