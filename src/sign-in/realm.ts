import type { SignInAction } from '../audit/audit-actions.ts';
import type { AuditActor, AuditChanges } from '../audit/audit-entry.ts';
import { recordManagerAudit } from '../audit/manager-audit.ts';
import { recordAudit } from '../audit/tenant-audit.ts';
import { managerRights, type Rights, readLiveManagerSession, readUserRights } from '../auth/rights.ts';
import { announcingEnds, type SessionChanges, sessionChanges } from '../auth/sessions/announcing-ends.ts';
import { type LiveSessions, managersRealm } from '../auth/sessions/live-sessions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { CentralClient } from '../db/central-client.ts';
import { type IdentityDatabase, managerIdentity, tenantIdentity } from '../db/identity-database.ts';
import { changeLimits } from '../db/identity-lock.ts';
import type { TenantClient, TenantDatabase, TenantTransaction } from '../db/tenant-client.ts';
import { message, UnauthenticatedError } from '../errors/index.ts';

/** The people who sign in at one place: a tenant's users, or the platform's managers. What they do there is the same. */
export interface Realm {
  /** The tenant's key, or the name of the managers' realm: as {@link LiveSessions} knows it. */
  readonly name: string;
  /** Null for managers. */
  readonly tenantKey: string | null;
  readonly identity: IdentityDatabase;
  /** Runs `work` in one transaction. If that ends sessions, every process is told as soon as it is committed. */
  transaction<T>(work: (transaction: RealmTransaction) => Promise<T>): Promise<T>;
}

/** An event of an account or a session of the realm, for its audit log. */
export interface RealmAuditEntry {
  readonly action: SignInAction;
  readonly entityId: string;
  readonly changes?: AuditChanges;
}

/** A change of accounts and sessions, and its record in the realm's audit log, in one transaction. */
export interface RealmTransaction extends SessionChanges {
  record(actor: AuditActor, entry: RealmAuditEntry): Promise<void>;
  /** Reads the current rights of an account. */
  rightsOf(accountId: string): Promise<Rights>;
}

/** The users of a tenant. */
export function tenantRealm(db: TenantClient, tenantKey: string, live: LiveSessions): Realm {
  return {
    name: tenantKey,
    tenantKey,
    identity: tenantIdentity(db),
    transaction: (work) =>
      announcingEnds(
        () => live.invalidate(tenantKey),
        (sessionsOf) =>
          db.$transaction((transaction) => work(inTenant(transaction, sessionsOf)), changeLimits),
      ),
  };
}

/**
 * The users of a tenant, for a viewer whose every transaction is a change like those of the tenant's other people.
 * @param change the request context's way to run a change, which also announces it.
 */
export function tenantRealmInTurn(
  db: TenantClient,
  tenantKey: string,
  change: <T>(work: (transaction: TenantTransaction) => Promise<T>) => Promise<T>,
): Realm {
  return {
    name: tenantKey,
    tenantKey,
    identity: tenantIdentity(db),
    transaction: (work) => change((transaction) => work(inTenant(transaction, sessionChanges))),
  };
}

/**
 * The managers of the platform.
 * @param viewer somebody whose session has to be alive in each transaction; null where somebody signs in or out.
 */
export function managerRealm(central: CentralClient, live: LiveSessions, viewer: Viewer | null): Realm {
  return {
    name: managersRealm,
    tenantKey: null,
    identity: managerIdentity(central),
    transaction: (work) =>
      announcingEnds(
        () => live.invalidate(managersRealm),
        (sessionsOf) =>
          central.$transaction(async (transaction) => {
            if (viewer && !(await readLiveManagerSession(transaction, viewer.sessionId))) {
              throw new UnauthenticatedError(message('auth.sessionEnded'));
            }
            return work({
              ...sessionsOf(managerIdentity(transaction)),
              record: (actor, entry) =>
                recordManagerAudit(
                  transaction,
                  actor,
                  { ...entry, entityType: typeOf(entry, 'Manager') },
                  null,
                ),
              rightsOf: async () => managerRights,
            });
          }, changeLimits),
      ),
  };
}

function inTenant(
  transaction: TenantTransaction,
  sessionsOf: (identity: IdentityDatabase) => SessionChanges,
): RealmTransaction {
  return {
    ...sessionsOf(tenantIdentity(transaction)),
    record: (actor, entry) =>
      recordAudit(transaction, actor, { ...entry, entityType: typeOf(entry, 'User') }),
    rightsOf: (accountId) => rightsOfUser(transaction, accountId),
  };
}

/** The type of what an entry is about: an account of that type, or a session. */
function typeOf<AccountType>({ action }: RealmAuditEntry, accountType: AccountType): AccountType | 'Session' {
  return action.startsWith('account.') ? accountType : 'Session';
}

async function rightsOfUser(db: TenantDatabase, userId: string): Promise<Rights> {
  const user = await readUserRights(db, userId);
  if (!user) throw new UnauthenticatedError(message('auth.accountGone'));
  const { role, permissions, reach } = user;
  return { role, permissions, reach };
}
