import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { message, TokenExpiredError, UnauthenticatedError } from '../errors/index.ts';
import type { SigningKeys } from './signing-keys.ts';
import { accessClaimsSchema, type RefreshClaims, refreshClaimsSchema } from './token-claims.ts';
import type { TokenOptions } from './token-issuer.ts';
import type { AccessGrant } from './viewer.ts';

/** An operator's token for one tenant lives so long, even where users' tokens live shorter. */
const operatorTokenSeconds = 900;

/** Memory for all remembered tokens. A client sends the same one until it expires; remembering one takes 1 to 2 kB. */
const rememberedBytes = 16 * 1_024 * 1_024;

/** The approximate size of a grant and of each permission in it, besides the token itself. */
const grantBytes = 400;
const permissionBytes = 80;

/**
 * Checks tokens claim by claim: key, algorithm, signature, issuer, audience, times, type and the shape of
 * every claim.
 * @throws {TokenExpiredError} for a token that was good once.
 * @throws {UnauthenticatedError} for every other fault, without saying which.
 */
export interface TokenVerifier {
  verifyAccessToken(token: string): Promise<AccessGrant>;
  verifyRefreshToken(token: string): Promise<RefreshClaims>;
}

function keyIdOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid;
  } catch {
    return undefined;
  }
}

export function createTokenVerifier(keys: SigningKeys, options: TokenOptions): TokenVerifier {
  async function verify<T extends z.ZodType>(
    token: string,
    schema: T,
    lifetimeSeconds: number,
  ): Promise<z.output<T>> {
    const known = keys.verificationKey(keyIdOf(token));
    if (!known) throw new UnauthenticatedError(message('auth.tokenInvalid'));
    try {
      const { payload } = await jwtVerify(token, known.key, {
        // The key decides, never the token: a published key must not serve as a secret.
        algorithms: [known.algorithm],
        typ: 'JWT',
        issuer: options.issuer,
        audience: options.audience,
        requiredClaims: ['iss', 'aud', 'sub', 'jti', 'sid', 'iat', 'exp', 'type'],
        clockTolerance: options.clockToleranceSeconds,
        // Bounds a token whose `exp` lies further away than any that we issue.
        maxTokenAge: lifetimeSeconds,
      });
      return schema.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TokenExpiredError();
      // Anything else is our own fault and must not sign anybody out.
      if (!(error instanceof errors.JOSEError || error instanceof z.ZodError)) throw error;
      throw new UnauthenticatedError(message('auth.tokenInvalid'), { cause: error });
    }
  }

  const accessSeconds = Math.max(options.accessTokenSeconds, operatorTokenSeconds);
  // A token that was good stays so until its time is over: keys and claims do not change under a running process.
  const remembered = new LRUCache<string, { grant: AccessGrant; goodUntil: number }>({
    maxSize: rememberedBytes,
    sizeCalculation: ({ grant }, token) =>
      token.length + grantBytes + grant.permissions.size * permissionBytes,
  });

  return {
    async verifyAccessToken(token) {
      const known = remembered.get(token);
      if (known && Date.now() < known.goodUntil) return known.grant;
      const claims = await verify(token, accessClaimsSchema, accessSeconds);
      const grant: AccessGrant = {
        userId: claims.sub,
        sessionId: claims.sid,
        role: claims.role,
        tenantKey: claims.tenant_key,
        permissions: new Set(claims.permissions),
      };
      remembered.set(token, {
        grant,
        goodUntil: (Math.min(claims.exp, claims.iat + accessSeconds) + options.clockToleranceSeconds) * 1_000,
      });
      return grant;
    },
    verifyRefreshToken: (token) => verify(token, refreshClaimsSchema, options.refreshTokenSeconds),
  };
}
