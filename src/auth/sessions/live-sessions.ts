import { LRUCache } from 'lru-cache';
import type { SharedCache } from '../../cache/index.ts';
import type { ViewerRole } from '../viewer.ts';

/** What the database says of a session that goes on: who it belongs to, and what they may do now. */
export interface LiveSession {
  readonly userId: string;
  readonly username: string;
  readonly role: ViewerRole;
  readonly permissions: ReadonlySet<string>;
}

/**
 * Remembers for some seconds which sessions go on, so that an access token can be held against the database without
 * a statement for each request. Whoever takes rights away says so, and every process forgets what it knew.
 */
export interface LiveSessions {
  /**
   * The session when it goes on, otherwise null.
   * @param realm the tenant's key, or {@link managersRealm}.
   * @param load reads it from the realm's database; requests that meet at one session share one call.
   */
  find(
    realm: string,
    sessionId: string,
    load: () => Promise<LiveSession | null>,
  ): Promise<LiveSession | null>;
  /** Makes every process look at the realm's sessions anew: to be called after each change that may take rights away. */
  invalidate(realm: string): Promise<void>;
}

/** The realm of those who are in no tenant. No tenant's key contains a colon. */
export const managersRealm = ':managers';

interface Entry {
  readonly session: Promise<LiveSession | null>;
  readonly freshUntil: number;
}

type Realm = LRUCache<string, Entry>;

/** Bounds for tokens that somebody collects: an entry takes about 0.5 kB. */
const maximumRealms = 10_000;
const maximumSessionsPerRealm = 1_000;

const keyPrefix = 'rights:';

/** Makes the memory of live sessions. `freshSeconds` bounds what a process believes that was not told of a change. */
export function createLiveSessions(shared: SharedCache, freshSeconds: number): LiveSessions {
  const realms = new LRUCache<string, Realm>({ max: maximumRealms });

  shared.onInvalidated((key) => {
    if (key === null) realms.clear();
    // What is being loaded for the realm goes with it: nobody else may join a look-up that began before the change.
    else if (key.startsWith(keyPrefix)) realms.delete(key.slice(keyPrefix.length));
  });

  function open(name: string): Realm {
    const known = realms.get(name);
    if (known) return known;
    const realm: Realm = new LRUCache({ max: maximumSessionsPerRealm });
    realms.set(name, realm);
    return realm;
  }

  return {
    find(realmName, sessionId, load) {
      const realm = open(realmName);
      const known = realm.get(sessionId);
      if (known && performance.now() < known.freshUntil) return known.session;
      const entry = { session: load(), freshUntil: performance.now() + freshSeconds * 1_000 };
      realm.set(sessionId, entry);
      entry.session.catch(() => {
        if (realm.peek(sessionId) === entry) realm.delete(sessionId);
      });
      return entry.session;
    },
    invalidate: (realm) => shared.invalidate(`${keyPrefix}${realm}`),
  };
}
