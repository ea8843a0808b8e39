import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Encrypts answers against anybody who can read the shared cache, and authenticates them against anybody who can write
 * to it.
 */
export interface AnswerSeal {
  /** Returns the name to store a key's answer under. It reveals nothing about the key. */
  nameOf(key: string): string;
  /** Encrypts a text for one key alone. */
  seal(key: string, text: string): string;
  /** Decrypts a text that was encrypted for that key; null for anything else. */
  open(key: string, sealed: string): string | null;
}

/** Separates these keys from all others derived from the same secret. */
const nameLabel = 'cxg-graphql-api/response-cache/name/v1';
const textLabel = 'cxg-graphql-api/response-cache/text/v1';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Creates the seal: AES-256-GCM with a separate key for each answer, so that random nonces suffice for any number of
 * answers, and with the answer's key as associated data. All keys are derived from the key that encrypts the tenants'
 * credentials, which the cache does not have.
 */
export function createAnswerSeal(encryptionKey: Uint8Array): AnswerSeal {
  const nameKey = derive(encryptionKey, nameLabel);
  const textKey = derive(encryptionKey, textLabel);
  const keyFor = (key: string) => createHmac('sha256', textKey).update(key).digest();

  return {
    nameOf: (key) => createHmac('sha256', nameKey).update(key).digest('base64url'),
    seal(key, text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, keyFor(key), nonce).setAAD(Buffer.from(key));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64');
    },
    open(key, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const nonce = bytes.subarray(0, nonceBytes);
      const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
      if (tag.length < tagBytes) return null;
      const decipher = createDecipheriv(algorithm, keyFor(key), nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(key))
        .setAuthTag(tag);
      try {
        return Buffer.concat([
          decipher.update(bytes.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}

function derive(secret: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', label, keyBytes));
}
