import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { SigningKeys } from '../signing-keys.ts';
import type { TokenOptions } from '../token-issuer.ts';

/** A device that an account has signed in from. */
export interface KnownDevice {
  /** Generated at the device's first sign-in; its failures are counted under this id. */
  readonly id: string;
  readonly accountId: string;
  /** Null for a manager's account. */
  readonly tenantKey: string | null;
  /** The account's `device_generation`: devices of an earlier one are unknown. */
  readonly generation: number;
}

/** A device token with its expiry. */
export interface IssuedDeviceToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * Issues and verifies tokens that show that an account has signed in from a device before (OWASP, «Slow Down Online
 * Guessing Attacks with Device Cookies»). Such a token signs nobody in: it only keeps strangers' guesses from locking
 * the device out.
 */
export interface DeviceTokens {
  issue(device: KnownDevice): Promise<IssuedDeviceToken>;
  /** Returns the device of a valid token; null for anything else. */
  verify(token: string): Promise<KnownDevice | null>;
}

/** Renewed by each sign-in. Browsers keep no cookie for longer than 400 days. */
const lifetimeSeconds = 180 * 86_400;

/** A separate type, so that a device token can't pass for any other kind of token, nor the other way round. */
const tokenType = 'device+jwt';

/** No token that we issue is longer. */
const maximumLength = 2_000;

/** Servers' clocks differ; it does no harm when a device stays known for a minute longer. */
const clockToleranceSeconds = 60;

const claimsSchema = z.object({
  sub: z.uuid(),
  jti: z.uuid(),
  tenant_key: z.string().min(1).max(64).nullable(),
  generation: z.int().nonnegative(),
});

/** Creates device tokens: signs with the newest of the servers' keys, and accepts tokens signed with any of them. */
export function createDeviceTokens(
  keys: SigningKeys,
  options: Pick<TokenOptions, 'issuer' | 'audience'>,
): DeviceTokens {
  const { id: keyId, algorithm, key } = keys.signing;
  return {
    async issue({ id, accountId, tenantKey, generation }) {
      const issuedAt = Math.floor(Date.now() / 1_000);
      const expiresAt = issuedAt + lifetimeSeconds;
      const token = await new SignJWT({ tenant_key: tenantKey, generation })
        .setProtectedHeader({ alg: algorithm, typ: tokenType, kid: keyId })
        .setIssuer(options.issuer)
        .setAudience(options.audience)
        .setSubject(accountId)
        .setJti(id)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt: new Date(expiresAt * 1_000) };
    },
    async verify(token) {
      if (token.length > maximumLength) return null;
      try {
        const known = keys.verificationKey(decodeProtectedHeader(token).kid);
        if (!known) return null;
        const { payload } = await jwtVerify(token, known.key, {
          algorithms: [known.algorithm],
          typ: tokenType,
          issuer: options.issuer,
          audience: options.audience,
          requiredClaims: ['iss', 'aud', 'sub', 'jti', 'iat', 'exp'],
          clockTolerance: clockToleranceSeconds,
          maxTokenAge: lifetimeSeconds,
        });
        const claims = claimsSchema.safeParse(payload).data;
        if (!claims) return null;
        const { jti: id, sub: accountId, tenant_key: tenantKey, generation } = claims;
        return { id, accountId, tenantKey, generation };
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        throw error;
      }
    },
  };
}
