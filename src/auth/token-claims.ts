import { decodeJwt } from 'jose';
import { z } from 'zod';
import { managersRealm } from './sessions/live-sessions.ts';
import { viewerRoles } from './viewer.ts';

const commonClaims = {
  sub: z.uuid(),
  jti: z.uuid(),
  sid: z.uuid(),
  iat: z.int().positive(),
  exp: z.int().positive(),
};

/** The claims of an access token, as the platform guide names them. */
export const accessClaimsSchema = z
  .object({
    ...commonClaims,
    type: z.literal('access'),
    tenant_key: z.string().min(1).max(64).nullable().default(null),
    role: z.enum(viewerRoles),
    permissions: z.array(z.string().max(64)).max(1_000),
  })
  .refine(({ role, tenant_key }) => role === 'manager' || tenant_key !== null, {
    path: ['tenant_key'],
    error: 'only a manager may be in no tenant',
  });

/** The claims of a refresh token. Rights are looked up again when it is used, so it carries none. */
export const refreshClaimsSchema = z.object({
  ...commonClaims,
  type: z.literal('refresh'),
  /** Null in a manager's session. */
  tenant_key: z.string().min(1).max(64).nullable(),
});

/** The verified claims of a refresh token. */
export type RefreshClaims = z.output<typeof refreshClaimsSchema>;

/** The session that a token claims to belong to. */
export interface ClaimedSession {
  /** A tenant's key, or the managers' realm. */
  readonly realm: string;
  readonly sessionId: string;
  readonly userId: string;
  /** In milliseconds, as `Date` counts them. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const claimedSessionSchema = z
  .object({
    ...commonClaims,
    tenant_key: z.string().min(1).max(64).nullable().default(null),
    role: z.enum(viewerRoles).optional(),
  })
  .transform(
    ({ sub, sid, iat, exp, tenant_key, role }): ClaimedSession => ({
      // A manager who has entered a tenant is still in a session of the managers' realm.
      realm: tenant_key === null || role === 'manager' ? managersRealm : tenant_key,
      sessionId: sid,
      userId: sub,
      issuedAt: iat * 1_000,
      expiresAt: exp * 1_000,
    }),
  );

/**
 * Reads which session a token claims to belong to, expired or not, without checking its signature. That is enough to
 * tell two sessions apart and to refuse, but never to let anybody in.
 */
export function readClaimedSession(token: string): ClaimedSession | null {
  try {
    return claimedSessionSchema.parse(decodeJwt(token));
  } catch {
    return null;
  }
}
