import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Hides answers from whoever can read the shared cache, and tells the fleet's own from what others have put there. */
export interface AnswerSeal {
  /** The name to store a key's answer under. It tells nothing of the key. */
  nameOf(key: string): string;
  /** Encrypts a text for one key alone. */
  seal(key: string, text: string): string;
  /** Opens what was sealed for that key; returns null for everything else. */
  open(key: string, sealed: string): string | null;
}

/** Separates these keys from all others that are derived from the same secret. */
const nameLabel = 'cxg-graphql-api/response-cache/name/v1';
const textLabel = 'cxg-graphql-api/response-cache/text/v1';

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Creates the seal: AES-256-GCM with a key for each answer's key, so that random nonces suffice however many there are,
 * and with the answer's key as associated data. All are derived from the key that encrypts the tenants' credentials,
 * which the cache does not have.
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
