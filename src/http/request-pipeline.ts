import { readLiveManagerSession, readLiveSession, readLiveSessionIn } from '../auth/rights.ts';
import { type LiveSession, managersRealm } from '../auth/sessions/live-sessions.ts';
import { readClaimedSession } from '../auth/token-claims.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import { type AccessGrant, narrowToLive, type Viewer } from '../auth/viewer.ts';
import type { LeaveLoop, LoopTurns } from '../concurrency/loop-turns.ts';
import { readDataVersion } from '../db/data-version.ts';
import { databaseFailure } from '../db/database-errors.ts';
import { AppError, message, TenantMismatchError, UnauthenticatedError } from '../errors/index.ts';
import {
  type Admission,
  type Context,
  createContext,
  type EnteredTenant,
  type RequestFacts,
} from '../graphql/context.ts';
import type { VersionedRequester } from '../graphql/response-cache/response-cache.ts';
import type { SessionSettings } from '../sign-in/session-settings.ts';
import { outdatedSchemaFailure } from '../tenancy/outdated-schema.ts';
import type { Platform } from '../tenancy/platform/platform.ts';
import type { DirectoryTenant } from '../tenancy/tenant.ts';
import { assertServed, type TenantAccess, type TenantLease } from '../tenancy/tenant-access.ts';
import { takeTurn } from './request-turns.ts';

/** The parts of a request that the pipeline needs. */
export interface PipelineRequest {
  readonly facts: RequestFacts;
  /** The `Authorization` header, or null. */
  readonly authorization: string | null;
  /**
   * True when the operation only signs in or refreshes. The access token is then ignored and not even verified: it may
   * belong to another tenant than the one signed in to, and a request is in one tenant at most.
   */
  readonly isSignIn: boolean;
  /** True when `execute` needs the version of the tenant's rows. */
  readonly wantsVersion: boolean;
  /** Aborted when the client has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes one request from its token to its tenant's database and back. */
export type RequestPipeline = <Result>(
  request: PipelineRequest,
  execute: (context: Context, requester: VersionedRequester | null) => Promise<Result>,
) => Promise<Result>;

/**
 * Creates the pipeline of every GraphQL request: authenticate, wait for a turn, find the tenant, lease its client,
 * check that the session is active, read the version of the tenant's rows if needed, build the context, execute, and
 * release the lease whatever happened.
 */
export function createRequestPipeline(
  tenants: TenantAccess,
  sessions: SessionSettings,
  platform: Platform,
  turns: LoopTurns,
): RequestPipeline {
  return async ({ facts, authorization, isSignIn, wantsVersion, signal }, execute) => {
    const leases: TenantLease[] = [];
    let leaveLoop: LeaveLoop | undefined;

    async function enter(tenant: DirectoryTenant, asked: string): Promise<EnteredTenant> {
      // However the tenant was found, it must be the one that was named.
      if (tenant.tenantKey !== asked) throw new TenantMismatchError();
      const lease = await tenants.lease(tenant);
      leases.push(lease);
      const { client, statements, rows, sealer } = lease;
      return { tenant, db: client, statements, rows, sealer };
    }

    async function admit(authenticated: Promise<AccessGrant | null>): Promise<Admission> {
      const grant = await authenticated;
      if (grant === null) return { kind: 'anonymous' };
      if (grant.tenantKey === null) return { kind: 'manager', viewer: await admitManager(grant) };
      const tenant = await tenants.find(grant.tenantKey);
      assertServed(tenant);
      const entered = await enter(tenant, grant.tenantKey);
      if (grant.role === 'manager') return { kind: 'tenant', viewer: await admitManager(grant), entered };
      const session = await sessions.live
        .find(tenant.tenantKey, grant.sessionId, () => readLiveSession(entered.statements, grant.sessionId))
        .catch((error: unknown) => {
          throw outdatedSchemaFailure(error, tenant.tenantKey) ?? error;
        });
      return { kind: 'tenant', viewer: viewerOf(grant, session), entered };
    }

    async function admitManager(grant: AccessGrant): Promise<Viewer> {
      const session = await sessions.live.find(managersRealm, grant.sessionId, () =>
        readLiveManagerSession(sessions.central, grant.sessionId),
      );
      return viewerOf(grant, session);
    }

    /** Only now: an unauthorized client learns nothing, not even that nothing has changed. */
    async function lookAtVersion(admission: Admission): Promise<VersionedRequester | null> {
      if (!wantsVersion || admission.kind !== 'tenant') return null;
      const { viewer, entered } = admission;
      const { tenant, statements } = entered;
      const version = await readDataVersion(statements).catch((err: unknown) => {
        const failure = databaseFailure(err);
        if (failure) throw failure;
        facts.logger.warn(
          { err, requestId: facts.requestId },
          'Can’t read the data version: answers are not cached',
        );
        return null;
      });
      return version === null ? null : { tenant, viewer, language: facts.language, version };
    }

    try {
      const authenticated = authenticate(isSignIn ? null : authorization, sessions.verifier);
      const grant = await authenticated.catch(() => null);
      const turn = takeTurn(turns, { grant, address: facts.address, signal });
      leaveLoop = turn instanceof Promise ? await turn : turn;
      const { admission, requester } = await admit(authenticated)
        .then(async (admitted) => ({ admission: admitted, requester: await lookAtVersion(admitted) }))
        .catch((error: unknown) => ({ admission: refuse(error), requester: null }));
      const context = createContext({
        facts,
        sessions,
        platform,
        admission,
        readClaimedSession: () => readClaimedSession(bearerToken(authorization) ?? ''),
        readUser: async (viewer, db) => viewerOf(viewer, await readLiveSessionIn(db, viewer.sessionId)),
        readManager: async (viewer) =>
          viewerOf(viewer, await readLiveManagerSession(sessions.central, viewer.sessionId)),
        assertServed: async (tenantKey) => assertServed(await tenants.find(tenantKey)),
        async openTenant(tenantKey) {
          const tenant = await tenants.find(tenantKey);
          return tenant && enter(tenant, tenantKey);
        },
      });
      return await execute(context, requester);
    } finally {
      for (const lease of leases) lease.release();
      leaveLoop?.();
    }
  };
}

function refuse(error: unknown): Admission {
  if (error instanceof AppError) return { kind: 'refused', error };
  throw error;
}

function viewerOf(grant: AccessGrant, session: LiveSession | null): Viewer {
  if (session?.userId !== grant.userId) throw new UnauthenticatedError(message('auth.sessionEnded'));
  return narrowToLive(grant, session);
}

async function authenticate(
  authorization: string | null,
  verifier: TokenVerifier,
): Promise<AccessGrant | null> {
  if (authorization === null) return null;
  const token = bearerToken(authorization);
  if (token === null) throw new UnauthenticatedError();
  return verifier.verifyAccessToken(token);
}

function bearerToken(authorization: string | null): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}
