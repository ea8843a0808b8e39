import { errors, jwtVerify } from 'jose';
import type { z } from 'zod';
import { message, TokenExpiredError, UnauthenticatedError } from '../errors/index.ts';
import {
  accessClaimsSchema,
  type RefreshClaims,
  refreshClaimsSchema,
  signingAlgorithm,
} from './token-claims.ts';
import type { TokenOptions } from './token-issuer.ts';
import type { Viewer } from './viewer.ts';

/** Clocks of two servers differ by less than this. */
const clockToleranceSeconds = 5;

/**
 * Checks tokens claim by claim: algorithm, signature, times, type and the shape of every claim.
 * @throws {TokenExpiredError} for a token that was good once.
 * @throws {UnauthenticatedError} for every other fault, without saying which.
 */
export interface TokenVerifier {
  verifyAccessToken(token: string): Promise<Viewer>;
  verifyRefreshToken(token: string): Promise<RefreshClaims>;
}

export function createTokenVerifier(options: TokenOptions): TokenVerifier {
  const key = new TextEncoder().encode(options.secretKey);

  async function verify<T extends z.ZodType>(
    token: string,
    schema: T,
    lifetimeSeconds: number,
  ): Promise<z.output<T>> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [signingAlgorithm],
        typ: 'JWT',
        requiredClaims: ['sub', 'jti', 'iat', 'exp', 'type'],
        clockTolerance: clockToleranceSeconds,
        // Bounds a token whose `exp` lies further away than any that we issue.
        maxTokenAge: lifetimeSeconds,
      });
      return schema.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TokenExpiredError();
      throw new UnauthenticatedError(message('auth.tokenInvalid'), { cause: error });
    }
  }

  return {
    async verifyAccessToken(token) {
      const claims = await verify(token, accessClaimsSchema, options.accessTokenSeconds);
      return {
        userId: claims.sub,
        role: claims.role,
        tenantKey: claims.tenant_key,
        permissions: new Set(claims.permissions),
      };
    },
    verifyRefreshToken: (token) => verify(token, refreshClaimsSchema, options.refreshTokenSeconds),
  };
}
