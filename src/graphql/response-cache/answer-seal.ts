import { createHmac, hkdfSync } from 'node:crypto';
import { decryptText, encryptText } from '../../db/authenticated-encryption.ts';

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

const keyBytes = 32;

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
    seal: (key, text) => encryptText(keyFor(key), key, text).toString('base64'),
    open: (key, sealed) => decryptText(keyFor(key), key, Buffer.from(sealed, 'base64')),
  };
}

function derive(secret: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', label, keyBytes));
}
