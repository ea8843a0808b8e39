import { createHash } from 'node:crypto';
import { decryptText, encryptedBytes, encryptText } from '../../db/authenticated-encryption.ts';
import { CredentialsError } from './credentials-error.ts';

/** Encrypts and decrypts the secrets that the central database keeps. Several keys open; one seals. */
export interface CredentialsEnvelope {
  /** The id of the key that seals. */
  readonly sealingKeyId: string;
  /** Encrypts `secret` for `name` alone: the same envelope under another name does not open. */
  seal(name: string, secret: string): string;
  /** @throws {CredentialsError} when the envelope was altered, has another name, or was made with a key that is not here. */
  open(name: string, envelope: string): string;
  /** The id of the key that the envelope was made with. @throws {CredentialsError} as {@link open} does. */
  keyIdOf(name: string, envelope: string): string;
}

/** The parts of an envelope. */
interface SealedParts {
  /** Null in the first version, which did not say. */
  readonly keyId: string | null;
  readonly bytes: Buffer;
}

/**
 * AES-256-GCM with a random nonce; the name is authenticated along. An envelope is
 * `v2.<key id>.<base64url of nonce, tag and ciphertext>`. The first version, `v1.<…>`, names no key and still opens.
 * @param sealingKey 32 bytes.
 * @param previousKeys keys that open what they have sealed, and seal nothing any more.
 */
export function createCredentialsEnvelope(
  sealingKey: Uint8Array,
  previousKeys: readonly Uint8Array[] = [],
): CredentialsEnvelope {
  const sealingKeyId = credentialsKeyId(sealingKey);
  const keys = new Map([sealingKey, ...previousKeys].map((key) => [credentialsKeyId(key), key] as const));

  function openWithKey(name: string, envelope: string): { keyId: string; secret: string } {
    const { keyId, bytes } = parts(name, envelope);
    const candidates = keyId === null ? [...keys] : [...keys].filter(([id]) => id === keyId);
    for (const [id, key] of candidates) {
      const secret = decryptText(key, associatedData(name, keyId), bytes);
      if (secret !== null) return { keyId: id, secret };
    }
    const reason =
      candidates.length === 0
        ? `they were sealed with the key ${keyId}, which is neither CREDENTIALS_ENCRYPTION_KEY nor one of PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS`
        : 'is CREDENTIALS_ENCRYPTION_KEY the one they were stored with?';
    throw new CredentialsError(`The stored credentials of tenant ${name} do not open: ${reason}.`);
  }

  return {
    sealingKeyId,
    seal(name, secret) {
      const bytes = encryptText(sealingKey, associatedData(name, sealingKeyId), secret);
      return `v2.${sealingKeyId}.${bytes.toString('base64url')}`;
    },
    open: (name, envelope) => openWithKey(name, envelope).secret,
    keyIdOf: (name, envelope) => openWithKey(name, envelope).keyId,
  };
}

/** Returns a key's id in envelopes: the beginning of its hash, which does not reveal the key. */
export function credentialsKeyId(key: Uint8Array): string {
  return createHash('sha256')
    .update('cxg-graphql-api/credentials-key/')
    .update(key)
    .digest('hex')
    .slice(0, 8);
}

function parts(name: string, envelope: string): SealedParts {
  const [, keyId = null, payload = ''] = /^(?:v1|v2\.([0-9a-f]{8}))\.([A-Za-z0-9_-]+)$/.exec(envelope) ?? [];
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.length < encryptedBytes) {
    throw new CredentialsError(`The stored credentials of tenant ${name} have an unknown format.`);
  }
  return { keyId, bytes };
}

function associatedData(name: string, keyId: string | null): string {
  const version = keyId === null ? 'v1' : `v2/${keyId}`;
  return `cxg-graphql-api/tenant-credentials/${version}/${name}`;
}
