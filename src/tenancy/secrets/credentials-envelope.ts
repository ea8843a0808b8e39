import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Encrypts and decrypts the passwords that the central database keeps. */
export interface CredentialsEnvelope {
  /** Encrypts `password` for `tenantKey` alone: the same envelope in another tenant's row does not open. */
  seal(tenantKey: string, password: string): string;
  /** @throws {CredentialsError} when the envelope was altered, is another tenant's, or was made with another key. */
  open(tenantKey: string, envelope: string): string;
}

/** A stored credential does not open. The message names the tenant and never the content. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const version = 'v1';
const algorithm = 'aes-256-gcm';
/** 96 bits, as NIST SP 800-38D recommends for random nonces. */
const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM with a random nonce; the tenant's key is authenticated along. An envelope is
 * `v1.<base64url of nonce, tag and ciphertext>`; the version leaves room for other keys and algorithms.
 * @param key 32 bytes.
 */
export function createCredentialsEnvelope(key: Uint8Array): CredentialsEnvelope {
  return {
    seal(tenantKey, password) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(associatedData(tenantKey));
      const ciphertext = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()]);
      return `${version}.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
    },
    open(tenantKey, envelope) {
      const [found, payload, ...rest] = envelope.split('.');
      if (found !== version || payload === undefined || rest.length > 0) {
        throw new CredentialsError(`The stored credentials of tenant ${tenantKey} have an unknown format.`);
      }
      const bytes = Buffer.from(payload, 'base64url');
      try {
        const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        })
          .setAAD(associatedData(tenantKey))
          .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
        return Buffer.concat([
          decipher.update(bytes.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ]).toString('utf8');
      } catch (error) {
        throw new CredentialsError(
          `The stored credentials of tenant ${tenantKey} do not open: is CREDENTIALS_ENCRYPTION_KEY the one they were stored with?`,
          { cause: error },
        );
      }
    },
  };
}

function associatedData(tenantKey: string): Buffer {
  return Buffer.from(`cxg-graphql-api/tenant-credentials/${version}/${tenantKey}`);
}
