import type { DeviceCookies } from '../auth/devices/device-cookies.ts';
import { managersRealm } from '../auth/sessions/live-sessions.ts';
import type { RefreshCookies } from '../auth/sessions/refresh-cookies.ts';
import type { SessionOrigin } from '../auth/sessions/sessions.ts';
import type { ClaimedSession } from '../auth/token-claims.ts';
import { type Actor, grantsOf, missingPermissions, type Viewer } from '../auth/viewer.ts';
import { announced } from '../db/announced-change.ts';
import { withIdentityLock, withTransaction } from '../db/identity-lock.ts';
import type { RowReader } from '../db/rows/row-reader.ts';
import type { Sealer } from '../db/sealed-columns.ts';
import type { TenantClient, TenantDatabase, TenantTransaction } from '../db/tenant-client.ts';
import type { TenantStatements } from '../db/tenant-statements.ts';
import {
  type AppError,
  ForbiddenError,
  type Language,
  type Message,
  message,
  say,
  TenantRequiredError,
  UnauthenticatedError,
  ValidationFailedError,
} from '../errors/index.ts';
import type { Logger } from '../logging/logger.ts';
import type { SessionSettings } from '../sign-in/session-settings.ts';
import type { Platform } from '../tenancy/platform/platform.ts';
import type { DirectoryTenant } from '../tenancy/tenant.ts';
import { type CountOnce, createCountOnce } from './count-once.ts';
import { createSerialQueue, type Enqueue } from './serial-queue.ts';

/** A tenant and its leased client, for the length of one request. */
export interface EnteredTenant {
  readonly tenant: DirectoryTenant;
  readonly db: TenantClient;
  /** For the pipeline's own queries; resolvers use the client. */
  readonly statements: TenantStatements;
  readonly rows: RowReader;
  readonly sealer: Sealer;
}

/** The facts about a request before its operation is known. */
export interface RequestFacts {
  readonly requestId: string;
  readonly logger: Logger;
  /** The language that the client prefers among ours. */
  readonly language: Language;
  /** The client's address; null when there is no network. */
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly refreshCookies: RefreshCookies;
  readonly deviceCookies: DeviceCookies;
}

/** The context of every resolver, and the only way for a resolver to reach a tenant's client. */
export interface Context {
  readonly requestId: string;
  readonly logger: Logger;
  readonly sessions: SessionSettings;
  /** The origin of the request, for a session that it begins. */
  readonly origin: SessionOrigin;
  /** The browser's refresh tokens, which scripts can't read. */
  readonly refreshCookies: RefreshCookies;
  /**
   * The session that the access token, even an expired one, claims to belong to. Use it to refuse, never to authorize.
   */
  readonly claimedSession: ClaimedSession | null;
  /** The browser's device tokens, one for each account that has signed in from it. */
  readonly deviceCookies: DeviceCookies;
  /** The key of the tenant that the request is in, or null. For metrics and logs, not for decisions. */
  readonly enteredTenantKey: string | null;
  /** True if somebody is signed in; an invalid token counts as none. */
  readonly isSignedIn: boolean;
  /** The viewer. @throws the reason when nobody is signed in. */
  readonly viewer: Viewer;
  /** The viewer and the request, for the audit log. @throws the reason when nobody is signed in. */
  readonly actor: Actor;
  /** The tenant that the request is in. @throws the reason when it is in none. */
  readonly tenant: DirectoryTenant;
  /** The client of that tenant's database. @throws the reason when the request is in no tenant. */
  readonly db: TenantClient;
  /** Reads lists from the tenant's database. @throws the reason when the request is in no tenant. */
  readonly rows: RowReader;
  /** Opens and seals what the tenant's database holds encrypted. @throws the reason when the request is in no tenant. */
  readonly sealer: Sealer;
  /** The operations on tenants. @throws unless the viewer is a manager who is in no tenant. */
  readonly platform: Platform;
  /** Runs work after all earlier work in this queue of the request. */
  readonly enqueue: Enqueue;
  /** Counts a list of the request's tenant, or of the platform, at most once per request. */
  readonly countOnce: CountOnce;
  /** Renders a message in the client's language. */
  say(said: Message): string;
  /**
   * Rereads the viewer's session, their rights and the state of their tenant. Each field of a mutation does so before
   * it runs, because an earlier field or another request may have revoked them. Does nothing without a viewer.
   * @throws {UnauthenticatedError} when the viewer's session has ended meanwhile.
   * @throws {ForbiddenError} when the viewer has lost rights.
   * @throws {TenantSuspendedError} or a similar error when the tenant is no longer served.
   */
  reread(): Promise<void>;
  /**
   * Writes to the request's tenant in one transaction, after checking that the viewer still has the rights with which
   * the request was admitted. Writes run concurrently.
   * @throws {UnauthenticatedError} when the viewer's session has ended meanwhile.
   * @throws {ForbiddenError} when the viewer has lost rights.
   */
  write: Write;
  /**
   * Like {@link Context.write}, for changes that affect rights: users, roles and departments. A tenant's changes run
   * one at a time, and afterwards all processes drop their cached sessions of the tenant.
   */
  changeIdentity: Write;
  /**
   * Enters a tenant with a request that is in none, for a sign-in; null when no such tenant has a database. A request
   * is in one tenant at most, and so signs in at most once: its client, loaders and granted scopes last for the whole
   * request and must never be used for a second tenant.
   */
  enterTenant(tenantKey: string): Promise<EnteredTenant | null>;
  /** Like {@link Context.enterTenant}, for a sign-in without a tenant. */
  enterAsManager(): void;
  /** Makes the person who has just signed in the viewer, so that the answer can include their own data. */
  signedIn(viewer: Viewer): void;
}

/** Runs work in a transaction, which is rolled back if the work throws. */
export type Write = <T>(work: Work<T>) => Promise<T>;

/** Work in a transaction on behalf of the viewer, with the rights that they have at that moment. */
export type Work<T> = (transaction: TenantTransaction, actor: Actor) => Promise<T>;

/** The result of admission: how far a request got before anything was executed. */
export type Admission =
  | { readonly kind: 'anonymous' }
  /** The token or its tenant is invalid. Public fields still work, so that the client can sign in again. */
  | { readonly kind: 'refused'; readonly error: AppError }
  /** A manager who is in no tenant. */
  | { readonly kind: 'manager'; readonly viewer: Viewer }
  | { readonly kind: 'tenant'; readonly viewer: Viewer; readonly entered: EnteredTenant };

/** The dependencies of a context. */
export interface ContextOptions {
  readonly facts: RequestFacts;
  readonly sessions: SessionSettings;
  readonly platform: Platform;
  readonly admission: Admission;
  /** Reads {@link Context.claimedSession} on demand, because few requests need it. */
  readonly readClaimedSession: () => ClaimedSession | null;
  /**
   * Reads the current rights of a tenant's user.
   * @throws {UnauthenticatedError} when their session has ended.
   */
  readonly readUser: (viewer: Viewer, db: TenantDatabase) => Promise<Viewer>;
  /** The same for a manager, from the central database. */
  readonly readManager: (viewer: Viewer) => Promise<Viewer>;
  /** Checks that a tenant is still served. @throws {TenantSuspendedError} or a similar error when it isn't. */
  readonly assertServed: (tenantKey: string) => Promise<void>;
  /** Finds and leases a tenant; the request pipeline releases it at the end of the request. */
  readonly openTenant: (tenantKey: string) => Promise<EnteredTenant | null>;
}

/**
 * Thrown when a manager's session may have ended while their change was queued. Nothing was changed, and the change is
 * retried with their current rights.
 */
class StaleRightsError extends Error {
  override readonly name = 'StaleRightsError';
}

/** Creates the context of one request. */
export function createContext(options: ContextOptions): Context {
  return new RequestContext(options);
}

/**
 * The context of one request. A class, because V8 makes a new hidden class each time an object literal with getters is
 * evaluated: that would keep the context, and everything reachable from it, until the next full garbage collection.
 */
class RequestContext implements Context {
  readonly requestId: string;
  readonly logger: Logger;
  readonly sessions: SessionSettings;
  readonly enqueue: Enqueue = createSerialQueue();
  readonly countOnce: CountOnce = createCountOnce(this.enqueue);
  readonly #options: ContextOptions;
  #viewer: Viewer | null;
  /** The viewer with the rights that the guards have used; each guard decides only once per request. */
  #admitted: Viewer | null;
  #entered: EnteredTenant | null;
  #isEntering: boolean;

  constructor(options: ContextOptions) {
    const { facts, sessions, admission } = options;
    this.requestId = facts.requestId;
    this.logger = facts.logger;
    this.sessions = sessions;
    this.#options = options;
    this.#viewer = admission.kind === 'tenant' || admission.kind === 'manager' ? admission.viewer : null;
    this.#admitted = this.#viewer;
    this.#entered = admission.kind === 'tenant' ? admission.entered : null;
    this.#isEntering = this.#viewer !== null;
  }

  get origin(): SessionOrigin {
    const { userAgent, address } = this.#options.facts;
    return { userAgent, address };
  }

  get refreshCookies(): RefreshCookies {
    return this.#options.facts.refreshCookies;
  }

  get claimedSession(): ClaimedSession | null {
    return this.#options.readClaimedSession();
  }

  get deviceCookies(): DeviceCookies {
    return this.#options.facts.deviceCookies;
  }

  get enteredTenantKey(): string | null {
    return this.#entered?.tenant.tenantKey ?? null;
  }

  get isSignedIn(): boolean {
    return this.#viewer !== null;
  }

  get viewer(): Viewer {
    if (this.#viewer) return this.#viewer;
    const { admission } = this.#options;
    throw admission.kind === 'refused' ? admission.error : new UnauthenticatedError();
  }

  get actor(): Actor {
    return this.#actAs(this.viewer);
  }

  get tenant(): DirectoryTenant {
    return this.#enteredTenant().tenant;
  }

  get db(): TenantClient {
    return this.#enteredTenant().db;
  }

  get rows(): RowReader {
    return this.#enteredTenant().rows;
  }

  get sealer(): Sealer {
    return this.#enteredTenant().sealer;
  }

  get platform(): Platform {
    const { role, tenantKey } = this.viewer;
    if (role !== 'manager') throw new ForbiddenError(message('forbidden.manager'));
    if (tenantKey !== null) throw new ForbiddenError(message('forbidden.managerInTenant'));
    return this.#options.platform;
  }

  say(said: Message): string {
    return say(said, this.#options.facts.language);
  }

  async reread(): Promise<void> {
    const admitted = this.#viewer;
    if (admitted === null) return;
    const { assertServed, readManager, readUser } = this.#options;
    const isManager = admitted.role === 'manager';
    if (admitted.tenantKey !== null) await assertServed(admitted.tenantKey);
    try {
      const now = await (isManager ? readManager(admitted) : readUser(admitted, this.db));
      this.#assertStillGranted(now);
      this.#viewer = now;
    } catch (error) {
      // The rights that admitted the request are outdated: the next request must read the current ones.
      if (error instanceof UnauthenticatedError || error instanceof ForbiddenError) {
        await this.sessions.live.invalidate(isManager ? managersRealm : this.tenant.tenantKey);
      }
      throw error;
    }
  }

  write<T>(work: Work<T>): Promise<T> {
    return this.#writeAsViewer(withTransaction, work);
  }

  async changeIdentity<T>(work: Work<T>): Promise<T> {
    const { tenant } = this;
    return announced(
      () => this.#writeAsViewer(withIdentityLock, work),
      () => this.sessions.live.invalidate(tenant.tenantKey),
    );
  }

  /** An earlier change may have affected the viewer, or they may have signed out while this one waited. */
  async #writeAsViewer<T>(transact: typeof withTransaction, work: Work<T>): Promise<T> {
    const { readManager, readUser } = this.#options;
    const { db, viewer: admitted } = this;
    if (admitted.role !== 'manager') {
      return transact(db, async (transaction) => {
        const now = await readUser(admitted, transaction);
        this.#assertStillGranted(now);
        return work(transaction, this.#actAs(now));
      });
    }
    // Managers are in another database, which isn't queried inside this transaction.
    const isCurrent = this.sessions.live.watch(managersRealm);
    const now = await readManager(admitted);
    this.#assertStillGranted(now);
    try {
      return await transact(db, async (transaction) => {
        if (!isCurrent()) throw new StaleRightsError();
        return work(transaction, this.#actAs(now));
      });
    } catch (error) {
      if (error instanceof StaleRightsError) return this.#writeAsViewer(transact, work);
      throw error;
    }
  }

  async enterTenant(tenantKey: string): Promise<EnteredTenant | null> {
    this.enterAsManager();
    this.#entered = await this.#options.openTenant(tenantKey);
    return this.#entered;
  }

  enterAsManager(): void {
    if (this.#isEntering) {
      throw new ValidationFailedError([{ path: [], message: message('auth.signInAlone') }]);
    }
    this.#isEntering = true;
  }

  signedIn(viewer: Viewer): void {
    this.#viewer = viewer;
    this.#admitted = viewer;
  }

  /** A tenant entered for a sign-in isn't available before the sign-in has succeeded. */
  #enteredTenant(): EnteredTenant {
    // Throws its own reason when nobody is signed in.
    void this.viewer;
    if (this.#entered) return this.#entered;
    throw new TenantRequiredError();
  }

  #actAs(viewer: Viewer): Actor {
    return { viewer, requestId: this.requestId, address: this.#options.facts.address };
  }

  #assertStillGranted(now: Viewer): void {
    if (this.#admitted && missingPermissions(now, grantsOf(this.#admitted)).length > 0) {
      throw new ForbiddenError(message('forbidden.rightsChanged'));
    }
  }
}
