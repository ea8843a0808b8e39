import { randomUUID } from 'node:crypto';
import { type JWTHeaderParameters, SignJWT } from 'jose';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { loadSigningKeys, secretKeyId } from '../../src/auth/signing-keys.ts';
import { createTokenIssuer } from '../../src/auth/token-issuer.ts';
import type { TestFleet } from './fleet.ts';

/** Claims of a token, right or wrong. An undefined one is left out. */
export type Claims = Readonly<Record<string, unknown>>;

/** The issuer and audience of a fleet that was told no others. */
const addressing = { iss: 'cxg-graphql-api', aud: 'cxg-graphql-api' };

/** Seconds since 1970, as tokens count time. */
export function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1_000) + seconds;
}

/** The claims of an access token that is good in every respect, for an administrator of the tenant. */
export function accessClaims(tenantKey: string, userId: string): Claims {
  return {
    ...addressing,
    sub: userId,
    sid: userId,
    jti: randomUUID(),
    iat: secondsFromNow(0),
    exp: secondsFromNow(300),
    type: 'access',
    tenant_key: tenantKey,
    role: 'tenant_admin',
    permissions: permissionCatalogue.map(({ code }) => code),
  };
}

/** The claims of a refresh token that is good in every respect. */
export function refreshClaims(tenantKey: string, userId: string): Claims {
  return {
    ...addressing,
    sub: userId,
    sid: userId,
    jti: randomUUID(),
    iat: secondsFromNow(0),
    exp: secondsFromNow(300),
    type: 'refresh',
    tenant_key: tenantKey,
  };
}

/** Signs whatever claims with whatever secret, whose `kid` the header gets unless it has one. */
export function signToken(
  claims: Claims,
  secretKey: string,
  header: JWTHeaderParameters = { alg: 'HS256', typ: 'JWT' },
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ kid: secretKeyId(secretKey), ...header })
    .sign(new TextEncoder().encode(secretKey));
}

/**
 * An administrator's access token from the application's own issuer, without a sign-in and its password hashing. It
 * belongs to the session that `openSession` begins.
 */
export async function issueAdminToken(fleet: TestFleet, tenantKey: string, userId: string): Promise<string> {
  const { tokens } = fleet.configuration;
  const { accessToken } = await createTokenIssuer(loadSigningKeys(tokens.keys), tokens).issueAccessToken({
    userId,
    sessionId: userId,
    tenantKey,
    role: 'tenant_admin',
    permissions: new Set(permissionCatalogue.map(({ code }) => code)),
  });
  return accessToken;
}
