import type { TokenVerifier } from '../auth/token-verifier.ts';
import type { Viewer } from '../auth/viewer.ts';
import { AppError, UnauthenticatedError } from '../errors/index.ts';
import { type Admission, type Context, createContext, type EnteredTenant } from '../graphql/context.ts';
import type { SessionSettings } from '../graphql/session-settings.ts';
import type { Logger } from '../logging/logger.ts';
import type { Tenant } from '../tenancy/tenant.ts';
import { assertServed, type TenantAccess } from '../tenancy/tenant-access.ts';
import type { TenantClientLease } from '../tenancy/tenant-client-pool.ts';

/** One request, as far as the pipeline needs to know it. */
export interface PipelineRequest {
  readonly requestId: string;
  readonly logger: Logger;
  /** The `Authorization` header, or null. */
  readonly authorization: string | null;
}

/** Leads one request from its token to its tenant's database and back. */
export type RequestPipeline = <Result>(
  request: PipelineRequest,
  execute: (context: Context) => Promise<Result>,
) => Promise<Result>;

/**
 * Makes the way that every GraphQL request goes: authenticate, find the tenant, lease its client, build the
 * context, execute, and release the lease whatever happened.
 */
export function createRequestPipeline(tenants: TenantAccess, sessions: SessionSettings): RequestPipeline {
  return async ({ requestId, logger, authorization }, execute) => {
    const leases: TenantClientLease[] = [];

    async function enter(tenant: Tenant): Promise<EnteredTenant> {
      const lease = await tenants.lease(tenant);
      leases.push(lease);
      return { tenant, db: lease.client };
    }

    async function admit(): Promise<Admission> {
      const viewer = await authenticate(authorization, sessions.verifier);
      if (viewer === null) return { kind: 'anonymous' };
      if (viewer.tenantKey === null) return { kind: 'manager', viewer };
      const tenant = await tenants.find(viewer.tenantKey);
      assertServed(tenant);
      return { kind: 'tenant', viewer, entered: await enter(tenant) };
    }

    try {
      const admission = await admit().catch(refuse);
      const context = createContext({
        requestId,
        logger,
        sessions,
        admission,
        async openTenant(tenantKey) {
          const tenant = await tenants.find(tenantKey);
          return tenant && enter(tenant);
        },
      });
      return await execute(context);
    } finally {
      for (const lease of leases) lease.release();
    }
  };
}

function refuse(error: unknown): Admission {
  if (error instanceof AppError) return { kind: 'refused', error };
  throw error;
}

async function authenticate(authorization: string | null, verifier: TokenVerifier): Promise<Viewer | null> {
  if (authorization === null) return null;
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new UnauthenticatedError();
  return verifier.verifyAccessToken(token);
}
