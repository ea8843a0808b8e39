import { describe, expect, it } from 'vitest';
import {
  generatePassword,
  hashPassword,
  passwordSchema,
  verifyAgainstNothing,
  verifyPassword,
} from '../../../src/auth/password.ts';

describe('passwords', () => {
  it.each([
    ['Password123!', true],
    ['Pässwörd1!', true],
    ['short1!', false],
    ['alllower1!', false],
    ['ALLUPPER1!', false],
    ['NoDigits!!', false],
    ['NoSymbol11', false],
    [`Aa1!${'x'.repeat(125)}`, false],
    ['', false],
  ])('judges %j by length and complexity', (password, accepted) => {
    expect(passwordSchema.safeParse(password).success).toBe(accepted);
  });

  it('verifies the password that was hashed, and no other', async () => {
    const hash = await hashPassword('Password123!');
    expect(hash).toMatch(/^\$argon2id\$/);
    expect(await verifyPassword(hash, 'Password123!')).toBe(true);
    expect(await verifyPassword(hash, 'Password123')).toBe(false);
  });

  it.each(['', 'none', 'Password123!', '$2b$10$abcdefghijklmnopqrstuv'])(
    'fits no password to the hash %j',
    async (hash) => {
      expect(await verifyPassword(hash, 'Password123!')).toBe(false);
    },
  );

  it('never lets anybody in against a user who does not exist', async () => {
    expect(await verifyAgainstNothing('Password123!')).toBe(false);
  });

  it('generates passwords that differ and satisfy the rules', () => {
    const generated = Array.from({ length: 200 }, generatePassword);
    expect(new Set(generated).size).toBe(200);
    for (const password of generated) expect(passwordSchema.safeParse(password).success).toBe(true);
  });
});
