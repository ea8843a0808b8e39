import { randomBytes, randomInt } from 'node:crypto';
import argon2 from 'argon2';
import { z } from 'zod';
import { usualWidth } from '../db/text-forms.ts';
import { isCommonPassword } from './common-passwords.ts';
import { maximumTypedLength, opaqueString } from './opaque-string.ts';

/**
 * OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
 * More memory would let a few parallel sign-ins exhaust a small server.
 */
const hashOptions = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The minimum length. Lengths are in characters, not in the code units that encode them. */
const minimumPasswordLength = 8;
/** Hashing time grows with length; nobody types more than this. */
const maximumPasswordLength = 128;

const lengthOf = (password: string) => [...password].length;

/**
 * A password of the guide's complexity: at least 8 characters, with a lower-case letter, an upper-case letter, a
 * digit and a symbol, and not a common one. The output is normalized by {@link opaqueString}.
 */
export const passwordSchema = z
  .string()
  .transform((typed, issues) => {
    // The length is checked below, with a clearer message for an empty or overlong password.
    const password = typed === '' || typed.length > maximumTypedLength ? typed : opaqueString(typed);
    // A replacement character stands for text that was lost on the way, and nobody can type it again.
    if (password !== null && !password.includes('\ufffd')) return password;
    issues.addIssue('password.characters');
    return z.NEVER;
  })
  .pipe(
    z
      .string()
      .superRefine((password, issues) => {
        const length = lengthOf(password);
        if (length < minimumPasswordLength) {
          issues.addIssue({ code: 'too_small', origin: 'string', minimum: minimumPasswordLength });
        } else if (length > maximumPasswordLength) {
          // No further checks on what may be a megabyte.
          issues.addIssue({
            code: 'too_big',
            origin: 'string',
            maximum: maximumPasswordLength,
            continue: false,
          });
        }
      })
      .regex(/\p{Ll}/u, 'password.lowerCase')
      .regex(/\p{Lu}/u, 'password.upperCase')
      .regex(/\p{Nd}/u, 'password.digit')
      // A combining mark belongs to its letter and isn't a symbol.
      .regex(/[^\p{L}\p{M}\p{Nd}\s]/u, 'password.symbol')
      // A common password is just as common in fullwidth, which East Asian keyboards can type.
      .refine((password) => !isCommonPassword(usualWidth(password)), 'password.common'),
  );

/**
 * Hashes a password with argon2id, normalized by {@link opaqueString}. The result is a PHC string that carries its
 * own parameters and salt.
 */
export function hashPassword(password: string): Promise<string> {
  return argon2.hash(opaqueString(password) ?? password, hashOptions);
}

/**
 * Returns whether `password` is the one behind `hash`. Anything but an argon2 hash matches no password, and an
 * overlong password matches no hash. Hashes from before passwords were normalized are of what was typed, so where the
 * two differ, both are tried.
 */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const forms = formsOf(password);
  if (!hash.startsWith('$argon2') || forms.length === 0) return verifyAgainstNothing(password);
  for (const form of forms) {
    if (await argon2.verify(hash, form)) return true;
  }
  return false;
}

/** The forms in which a typed password may have been hashed when it was chosen. */
function formsOf(typed: string): string[] {
  if (typed.length > maximumTypedLength) return [];
  const forms = new Set([opaqueString(typed) ?? typed, typed]);
  return [...forms].filter((form) => lengthOf(form) <= maximumPasswordLength);
}

let decoyHash: Promise<string> | undefined;

/** Does the work of a verification and fails: for a user who does not exist, so that answering takes as long. */
export async function verifyAgainstNothing(password: string): Promise<false> {
  decoyHash ??= hashPassword(randomBytes(32).toString('base64'));
  const forms = formsOf(password);
  for (const form of forms.length === 0 ? [''] : forms) await argon2.verify(await decoyHash, form);
  return false;
}

/** Generates a random password that satisfies {@link passwordSchema}: 24 characters, over 130 bits. */
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
