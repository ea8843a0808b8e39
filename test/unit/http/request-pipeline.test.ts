import { beforeEach, describe, expect, it } from 'vitest';
import { createLiveSessions, type LiveSession } from '../../../src/auth/sessions/live-sessions.ts';
import { type AccessGrant, noReach } from '../../../src/auth/viewer.ts';
import { createLocalCache } from '../../../src/cache/shared-cache.ts';
import { createLoopTurns } from '../../../src/concurrency/loop-turns.ts';
import type { Sealer } from '../../../src/db/sealed-columns.ts';
import type { TenantClient } from '../../../src/db/tenant-client.ts';
import { TenantMismatchError, UnauthenticatedError } from '../../../src/errors/index.ts';
import type { Context, RequestFacts } from '../../../src/graphql/context.ts';
import { createRequestPipeline } from '../../../src/http/request-pipeline.ts';
import { createLogger } from '../../../src/logging/logger.ts';
import type { SessionSettings } from '../../../src/sign-in/session-settings.ts';
import type { Platform } from '../../../src/tenancy/platform/platform.ts';
import type { DirectoryTenant } from '../../../src/tenancy/tenant.ts';
import type { TenantAccess } from '../../../src/tenancy/tenant-access.ts';

/** Stands in for an object of which the pipeline uses only these members here. */
const only = <T>(members: Partial<T>): T => members as T;

const tenant = only<DirectoryTenant>({ id: 1, tenantKey: 'acme01', status: 'active' });
/** The tenant that the directory answers with, whatever it was asked for. */
let found: DirectoryTenant;

const grant: AccessGrant = {
  userId: 'user',
  sessionId: 'session',
  role: 'tenant_admin',
  tenantKey: 'acme01',
  permissions: new Set(),
};

const session: LiveSession = { ...grant, username: 'admin', reach: noReach };

/** The number of leases taken and not yet released. */
let leases: number;
/** Leases taken. */
let leased: number;
/** The result of looking up the session. */
let findSession: () => Promise<LiveSession | null>;
let bearer: AccessGrant;

beforeEach(() => {
  leases = 0;
  leased = 0;
  found = tenant;
  findSession = async () => session;
  bearer = grant;
});

const tenants = only<TenantAccess>({
  find: async () => found,
  lease: async () => {
    leases++;
    leased++;
    return {
      client: only<TenantClient>({}),
      statements: { run: async () => [] },
      rows: { findMany: async () => [] },
      sealer: only<Sealer>({}),
      release: () => void leases--,
    };
  },
});

const turns = createLoopTurns({ delayTargetMilliseconds: 5, waitMilliseconds: 2_000 });

const facts = only<RequestFacts>({
  address: null,
  requestId: 'request',
  logger: createLogger({ level: 'silent', format: 'json' }),
  language: 'en',
});

/** Runs a request through the pipeline. */
function request(
  execute: (context: Context) => Promise<unknown>,
  authorization: string | null = 'Bearer x',
  isSignIn = false,
) {
  const sessions = only<SessionSettings>({
    verifier: {
      verifyAccessToken: async () => bearer,
      verifyRefreshToken: () => Promise.reject(new Error('Nobody refreshes here.')),
    },
    live: { ...createLiveSessions(createLocalCache(), 10), find: () => findSession() },
  });
  const pipeline = createRequestPipeline(tenants, sessions, only<Platform>({}), turns);
  return pipeline({ facts, authorization, isSignIn, wantsVersion: false }, execute);
}

const unexpected = new TypeError('Nobody has expected this.');

describe('a lease', () => {
  it('is held while the request is executed, and released after it', async () => {
    await expect(request(async () => leases)).resolves.toBe(1);
    expect(leases).toBe(0);
  });

  it('is released when execution fails in a way that nobody has expected', async () => {
    await expect(request(() => Promise.reject(unexpected))).rejects.toBe(unexpected);
    expect(leases).toBe(0);
  });

  it('is released when execution throws before it has begun', async () => {
    const execute = () => {
      throw unexpected;
    };
    await expect(request(execute)).rejects.toBe(unexpected);
    expect(leases).toBe(0);
  });

  it.each(['tenant_admin', 'manager'] as const)(
    'is released when the session of a %s can’t be looked at for a reason that nobody has expected',
    async (role) => {
      bearer = { ...grant, role };
      findSession = () => Promise.reject(unexpected);
      await expect(request(async () => 'executed')).rejects.toBe(unexpected);
      expect(leases).toBe(0);
    },
  );

  it('is released when looking at the session throws at once', async () => {
    findSession = () => {
      throw unexpected;
    };
    await expect(request(async () => 'executed')).rejects.toBe(unexpected);
    expect(leases).toBe(0);
  });

  it('is released when the session has ended, and the request is answered so', async () => {
    findSession = async () => null;
    await expect(request(async ({ viewer }) => viewer)).rejects.toThrow(UnauthenticatedError);
    expect(leases).toBe(0);
  });

  it('that a sign-in has taken is released when the sign-in fails in a way that nobody has expected', async () => {
    const signIn = async (context: Context) => {
      await context.enterTenant('acme01');
      expect(leases).toBe(1);
      throw unexpected;
    };
    await expect(request(signIn, null)).rejects.toBe(unexpected);
    expect(leases).toBe(0);
  });
});

it('a sign-in leases the client of the tenant that it enters alone, whatever its access token is good for', async () => {
  bearer = { ...grant, tenantKey: 'beta02' };
  const signIn = async (context: Context) => {
    const entered = await context.enterTenant('acme01');
    return { entered: entered?.tenant.tenantKey, leased, isSignedIn: context.isSignedIn };
  };
  await expect(request(signIn, 'Bearer x', true)).resolves.toEqual({
    entered: 'acme01',
    leased: 1,
    isSignedIn: false,
  });
});

describe('a tenant other than the one asked for', () => {
  beforeEach(() => {
    found = only<DirectoryTenant>({ id: 2, tenantKey: 'beta02', status: 'active' });
  });

  it.each(['tenant_admin', 'manager'] as const)('opens no database for the token of a %s', async (role) => {
    bearer = { ...grant, role };
    await expect(request(async ({ viewer }) => viewer)).rejects.toThrow(TenantMismatchError);
    expect(leased).toBe(0);
  });

  it('opens no database for a sign-in', async () => {
    await expect(request((context) => context.enterTenant('acme01'), null)).rejects.toThrow(
      TenantMismatchError,
    );
    expect(leased).toBe(0);
  });
});
