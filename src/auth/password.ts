import { randomBytes, randomInt } from 'node:crypto';
import argon2 from 'argon2';
import { z } from 'zod';
import { isCommonPassword } from './common-passwords.ts';

/**
 * OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
 * More memory would let a few parallel sign-ins exhaust a small server.
 */
const hashOptions = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashing time grows with length; nobody types more than this. */
const maximumPasswordLength = 128;

/** The guide's complexity: 8 characters or more, with a lower-case and an upper-case letter, a digit and a symbol; and no common one. */
export const passwordSchema = z
  .string()
  .min(8)
  .max(maximumPasswordLength)
  .regex(/\p{Ll}/u, 'password.lowerCase')
  .regex(/\p{Lu}/u, 'password.upperCase')
  .regex(/\p{Nd}/u, 'password.digit')
  .regex(/[^\p{L}\p{Nd}\s]/u, 'password.symbol')
  .refine((password) => !isCommonPassword(password), 'password.common');

/** Hashes a password with argon2id; the result is a PHC string that carries its own parameters and salt. */
export function hashPassword(password: string): Promise<string> {
  return argon2.hash(password, hashOptions);
}

/**
 * Whether `password` is the one behind `hash`. Constant-time. What is no argon2 hash fits no password, and what is
 * longer than any password fits no hash.
 */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  return hash.startsWith('$argon2') && password.length <= maximumPasswordLength
    ? argon2.verify(hash, password)
    : verifyAgainstNothing(password);
}

let decoyHash: Promise<string> | undefined;

/** Does the work of a verification and fails: for a user who does not exist, so that answering takes as long. */
export async function verifyAgainstNothing(password: string): Promise<false> {
  decoyHash ??= hashPassword(randomBytes(32).toString('base64'));
  await argon2.verify(await decoyHash, password.slice(0, maximumPasswordLength));
  return false;
}

/** Makes a random password that satisfies {@link passwordSchema}: 24 characters, over 130 bits. */
export function generatePassword(): string {
  const alphabets = ['abcdefghijkmnopqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '-_.!~'];
  const pick = (alphabet: string) => alphabet.charAt(randomInt(alphabet.length));
  const characters = [...alphabets.map(pick), ...Array.from({ length: 20 }, () => pick(alphabets.join('')))];
  for (let last = characters.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? '', characters[last] ?? ''];
  }
  return characters.join('');
}
