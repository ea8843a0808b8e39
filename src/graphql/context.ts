import type { Viewer } from '../auth/viewer.ts';
import type { TenantClient } from '../db/tenant-client.ts';
import {
  type AppError,
  TenantRequiredError,
  UnauthenticatedError,
  ValidationFailedError,
} from '../errors/index.ts';
import type { Logger } from '../logging/logger.ts';
import type { Tenant } from '../tenancy/tenant.ts';
import type { SessionSettings } from './session-settings.ts';

/** A tenant and its leased client, for the length of one request. */
export interface EnteredTenant {
  readonly tenant: Tenant;
  readonly db: TenantClient;
}

/** What every resolver gets. A tenant's client reaches resolvers through here and no other way. */
export interface Context {
  readonly requestId: string;
  readonly logger: Logger;
  readonly sessions: SessionSettings;
  /** The key of the tenant that the request is in, or null: for counting and logging, not for deciding. */
  readonly enteredTenantKey: string | null;
  /** Who makes the request. @throws the reason when nobody is signed in. */
  readonly viewer: Viewer;
  /** The tenant that the request is in. @throws the reason when it is in none. */
  readonly tenant: Tenant;
  /** The client of that tenant's database. @throws the reason when the request is in no tenant. */
  readonly db: TenantClient;
  /**
   * Brings a request that is in no tenant into one, for a sign-in; null when no such tenant has a database.
   * A request is in one tenant at most, and so signs in once at most: client, loaders and granted scopes are
   * kept for a whole request, and must never meet a second tenant.
   */
  enterTenant(tenantKey: string): Promise<EnteredTenant | null>;
  /** Makes the one who has just signed in the viewer, so that the answer may show them their own data. */
  signedIn(viewer: Viewer): void;
}

/** How far a request got on its way to a tenant, before anything was executed. */
export type Admission =
  | { readonly kind: 'anonymous' }
  /** The token or its tenant is no good. Public fields answer all the same: a client must be able to sign in again. */
  | { readonly kind: 'refused'; readonly error: AppError }
  /** A manager who is in no tenant. */
  | { readonly kind: 'manager'; readonly viewer: Viewer }
  | { readonly kind: 'tenant'; readonly viewer: Viewer; readonly entered: EnteredTenant };

/** What a context is made of. */
export interface ContextOptions {
  readonly requestId: string;
  readonly logger: Logger;
  readonly sessions: SessionSettings;
  readonly admission: Admission;
  /** Finds and leases a tenant; the request pipeline releases it at the end of the request. */
  readonly openTenant: (tenantKey: string) => Promise<EnteredTenant | null>;
}

/** Makes the context of one request. */
export function createContext({
  requestId,
  logger,
  sessions,
  admission,
  openTenant,
}: ContextOptions): Context {
  let viewer = admission.kind === 'tenant' || admission.kind === 'manager' ? admission.viewer : null;
  let entered = admission.kind === 'tenant' ? admission.entered : null;
  let entering = entered !== null;

  const currentViewer = (): Viewer => {
    if (viewer) return viewer;
    throw admission.kind === 'refused' ? admission.error : new UnauthenticatedError();
  };

  // A tenant that was entered for a sign-in is nobody's before the sign-in has succeeded.
  const enteredTenant = (): EnteredTenant => {
    currentViewer();
    if (entered) return entered;
    throw new TenantRequiredError();
  };

  return {
    requestId,
    logger,
    sessions,
    get enteredTenantKey() {
      return entered?.tenant.tenantKey ?? null;
    },
    get viewer() {
      return currentViewer();
    },
    get tenant() {
      return enteredTenant().tenant;
    },
    get db() {
      return enteredTenant().db;
    },
    async enterTenant(tenantKey) {
      if (entering) {
        throw new ValidationFailedError([
          {
            path: [],
            message:
              'Sign in with a request of its own: without an access token, and with one sign-in in it.',
          },
        ]);
      }
      entering = true;
      entered = await openTenant(tenantKey);
      return entered;
    },
    signedIn(newViewer) {
      viewer = newViewer;
    },
  };
}
