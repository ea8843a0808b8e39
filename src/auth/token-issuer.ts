import { randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { signingAlgorithm } from './token-claims.ts';
import type { Viewer } from './viewer.ts';

/** How tokens are signed and how long they last. */
export interface TokenOptions {
  /** At least 32 characters. */
  readonly secretKey: string;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
}

/** The tokens of a fresh sign-in or refresh. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

/** Makes the tokens that {@link createTokenVerifier} accepts. */
export interface TokenIssuer {
  issue(viewer: Viewer & { readonly tenantKey: string }): Promise<TokenPair>;
}

export function createTokenIssuer(options: TokenOptions): TokenIssuer {
  const key = new TextEncoder().encode(options.secretKey);

  const sign = (claims: JWTPayload, subject: string, lifetimeSeconds: number) => {
    const issuedAt = Math.floor(Date.now() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: signingAlgorithm, typ: 'JWT' })
      .setSubject(subject)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(key);
  };

  return {
    async issue({ userId, tenantKey, role, permissions }) {
      const [accessToken, refreshToken] = await Promise.all([
        sign(
          { type: 'access', tenant_key: tenantKey, role, permissions: [...permissions].sort() },
          userId,
          options.accessTokenSeconds,
        ),
        sign({ type: 'refresh', tenant_key: tenantKey }, userId, options.refreshTokenSeconds),
      ]);
      return { accessToken, refreshToken, expiresIn: options.accessTokenSeconds };
    },
  };
}
