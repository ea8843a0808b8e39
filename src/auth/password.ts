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

/** Bounds of a password's length, in characters and not in what encodes them. */
const minimumPasswordLength = 8;
/** Hashing time grows with length; nobody types more than this. */
const maximumPasswordLength = 128;

const lengthOf = (password: string) => [...password].length;

/**
 * The guide's complexity: 8 characters or more, with a lower-case and an upper-case letter, a digit and a symbol; and no
 * common one. The password comes out as {@link opaqueString} makes it.
 */
export const passwordSchema = z
  .string()
  .transform((typed, issues) => {
    // The shortest and the longest are called by their length.
    const password = typed === '' || typed.length > maximumTypedLength ? typed : opaqueString(typed);
    // A replacement character stands for what was lost on the way, and nobody can type it again.
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
          // Nothing else is looked for in what may be a megabyte.
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
      // A mark belongs to its letter.
      .regex(/[^\p{L}\p{M}\p{Nd}\s]/u, 'password.symbol')
      // Typed wide, as East Asian keyboards can, it is as common.
      .refine((password) => !isCommonPassword(usualWidth(password)), 'password.common'),
  );

/** Hashes a password, in the form in which RFC 8265 compares it, with argon2id; the result is a PHC string that carries its own parameters and salt. */
export function hashPassword(password: string): Promise<string> {
  return argon2.hash(opaqueString(password) ?? password, hashOptions);
}

/**
 * Whether `password` is the one behind `hash`. What is no argon2 hash fits no password, and what is longer than any
 * password fits no hash. A hash from before passwords were brought into one form is of what was typed then, so where
 * that differs both are tried.
 */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const forms = formsOf(password);
  if (!hash.startsWith('$argon2') || forms.length === 0) return verifyAgainstNothing(password);
  for (const form of forms) {
    if (await argon2.verify(hash, form)) return true;
  }
  return false;
}

/** What may have been hashed when somebody who types this chose it. */
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
