import argon2 from 'argon2';

/**
 * Hashes a password so that verifying it takes a thousandth of the usual time: few tests are about the cost of
 * guessing, and thousands sign in.
 */
export function quickHash(password: string): Promise<string> {
  return argon2.hash(password, { type: argon2.argon2id, memoryCost: 64, timeCost: 1, parallelism: 1 });
}
