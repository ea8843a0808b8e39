import { randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { SigningKeys } from './signing-keys.ts';
import type { AccessGrant } from './viewer.ts';

/** The issuer, audience and lifetimes of tokens. */
export interface TokenOptions {
  /** The `iss` of tokens. */
  readonly issuer: string;
  /** The `aud` of tokens. */
  readonly audience: string;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  /** The tolerated difference between two servers' clocks. */
  readonly clockToleranceSeconds: number;
}

/** An access token. */
export interface IssuedAccessToken {
  readonly accessToken: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
}

/** A refresh token, and what has to be known of it to take it only once. */
export interface IssuedRefreshToken {
  readonly refreshToken: string;
  /** Its `jti`. */
  readonly tokenId: string;
  readonly expiresAt: Date;
  /** The time from issue to expiry, for clocks other than this process's. */
  readonly lifetimeSeconds: number;
}

/** A session that a refresh token continues. */
export interface TokenSession {
  readonly userId: string;
  /** Null in a manager's session. */
  readonly tenantKey: string | null;
  readonly sessionId: string;
}

/** Creates the issuer of tokens that {@link createTokenVerifier} accepts, signed with the newest key. */
export interface TokenIssuer {
  /** @param lifetimeSeconds the configured lifetime unless told; 900 are accepted whatever is configured. */
  issueAccessToken(viewer: AccessGrant, lifetimeSeconds?: number): Promise<IssuedAccessToken>;
  issueRefreshToken(session: TokenSession): Promise<IssuedRefreshToken>;
}

export function createTokenIssuer(keys: SigningKeys, options: TokenOptions): TokenIssuer {
  const { id, algorithm, key } = keys.signing;

  const sign = async (
    claims: JWTPayload,
    { userId, tenantKey, sessionId }: TokenSession,
    lifetimeSeconds: number,
  ) => {
    const tokenId = randomUUID();
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + lifetimeSeconds;
    const token = await new SignJWT({ ...claims, tenant_key: tenantKey, sid: sessionId })
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: id })
      .setIssuer(options.issuer)
      .setAudience(options.audience)
      .setSubject(userId)
      .setJti(tokenId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(key);
    return { token, tokenId, expiresAt: new Date(expiresAt * 1000) };
  };

  return {
    async issueAccessToken(viewer, lifetimeSeconds = options.accessTokenSeconds) {
      const claims = { type: 'access', role: viewer.role, permissions: [...viewer.permissions].sort() };
      const { token } = await sign(claims, viewer, lifetimeSeconds);
      return { accessToken: token, expiresIn: lifetimeSeconds };
    },
    async issueRefreshToken(session) {
      const lifetimeSeconds = options.refreshTokenSeconds;
      const { token, tokenId, expiresAt } = await sign({ type: 'refresh' }, session, lifetimeSeconds);
      return { refreshToken: token, tokenId, expiresAt, lifetimeSeconds };
    },
  };
}
