import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
/** 96 bits, as NIST SP 800-38D recommends for random nonces. */
const nonceBytes = 12;
const tagBytes = 16;

/** The length of what {@link encryptText} makes of an empty text. */
export const encryptedBytes = nonceBytes + tagBytes;

/**
 * Encrypts a text by AES-256-GCM with a random nonce.
 * @param key 32 bytes.
 * @param associated authenticated along: the text decrypts only with the same.
 * @returns nonce, tag and ciphertext.
 */
export function encryptText(key: Uint8Array, associated: string, text: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(associated));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** Decrypts what {@link encryptText} has made; null when the key, the associated text or any byte is another one. */
export function decryptText(key: Uint8Array, associated: string, bytes: Buffer): string | null {
  if (bytes.length < encryptedBytes) return null;
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
    .setAAD(Buffer.from(associated))
    .setAuthTag(bytes.subarray(nonceBytes, encryptedBytes));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(encryptedBytes)), decipher.final()]);
    return text.toString('utf8');
  } catch {
    return null;
  }
}
