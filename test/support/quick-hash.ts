import argon2 from 'argon2';

/**
 * Hashes a password so that verifying it takes a thousandth of the usual time: how much guessing costs is the
 * question of few tests, and thousands sign in.
 */
export function quickHash(password: string): Promise<string> {
  return argon2.hash(password, { type: argon2.argon2id, memoryCost: 64, timeCost: 1, parallelism: 1 });
}
