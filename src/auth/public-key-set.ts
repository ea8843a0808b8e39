import type { KeyObject } from 'node:crypto';
import { z } from 'zod';

/** Strict: a private part among the members is an error, and never published. */
const publicMembersSchema = z.union([
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
  z.strictObject({ kty: z.literal('RSA'), n: z.string(), e: z.string() }),
]);

/** A public key as RFC 7517 writes it. */
export type PublicKey = z.output<typeof publicMembersSchema> & {
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
};

/** The content of `/.well-known/jwks.json`. */
export interface PublicKeySet {
  readonly keys: readonly PublicKey[];
}

/** Writes public keys for whoever wants to check our tokens. Secrets are left out: they have no public part. */
export function publicKeySet(
  keys: readonly { readonly id: string; readonly algorithm: string; readonly key: KeyObject }[],
): PublicKeySet {
  return {
    keys: keys
      .filter(({ key }) => key.type !== 'secret')
      .map(({ id, algorithm, key }) => ({
        ...publicMembersSchema.parse(key.export({ format: 'jwk' })),
        kid: id,
        alg: algorithm,
        use: 'sig',
      })),
  };
}
