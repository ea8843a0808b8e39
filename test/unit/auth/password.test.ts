import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { opaqueString } from '../../../src/auth/opaque-string.ts';
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

  // RFC 8265, section 4.3, and its rules applied to other keyboards.
  it.each([
    ['Correct horse battery staple', 'Correct horse battery staple'],
    ['\u03c0\u00df\u00e5', '\u03c0\u00df\u00e5'],
    ['Jack of \u2666s', 'Jack of \u2666s'],
    ['foo\u1680bar', 'foo bar'],
    ['foo\u3000bar\u00a0', 'foo bar '],
    ['가각한글'.normalize('NFD'), '가각한글'],
    ['Pa\u0308sswo\u0308rd', 'Pässwörd'],
    ['क्\u200dष', 'क्\u200dष'],
    ['l\u00b7l', 'l\u00b7l'],
  ])('brings %j into the form %j', (typed, form) => {
    expect(opaqueString(typed)).toBe(form);
    expect(opaqueString(form)).toBe(form);
  });

  it.each([
    ['nothing', ''],
    ['a tab', 'my cat is a \u0009by'],
    ['NUL', 'a\0b'],
    ['half of a character', 'a\ud800b'],
    ['a zero-width space', 'a\u200bb'],
    ['a joiner between Latin letters', 'a\u200db'],
    ['a line separator', 'a\u2028b'],
    ['a private character', 'a\ue000b'],
    ['a character that Unicode has not', 'a\u0378b'],
    ['no character at all', 'a\ufffeb'],
    ['a jamo of no syllable', 'a\u1100b'],
    ['a middle dot that is no Catalan', 'a\u00b7b'],
    ['Arabic digits of two kinds', '\u0660\u06f0'],
  ])('has no form for %s', (_what, typed) => {
    expect(opaqueString(typed)).toBeNull();
    if (typed !== '') {
      expect(passwordSchema.safeParse(`Password123!${typed}`).error?.issues[0]?.message).toBe(
        'password.characters',
      );
    }
  });

  it.each([
    ['Pässwörd1!', 'Pässwörd1!'.normalize('NFD')],
    ['비밀번호Aa1!', '비밀번호Aa1!'.normalize('NFD')],
    ['My password 1!', 'My\u00a0password\u30001!'],
  ])('fits %j however it is typed', async (password, typed) => {
    expect(await verifyPassword(await hashPassword(password), typed)).toBe(true);
    expect(await verifyPassword(await hashPassword(typed), password)).toBe(true);
    expect(passwordSchema.parse(typed)).toBe(password);
  });

  it.each(['Pässwörd1!'.normalize('NFD'), 'My\u3000password1!', 'Zero\u200bwidth1!', 'He❤️rt1!Aa'])(
    'still fits %j as it was hashed before there was one form',
    async (typed) => {
      expect(await verifyPassword(await argon2.hash(typed, { memoryCost: 1_024, timeCost: 2 }), typed)).toBe(
        true,
      );
    },
  );

  it('counts characters, after they have been composed', () => {
    const lengthProblems = (password: string) =>
      passwordSchema
        .safeParse(password)
        .error?.issues.filter(({ code }) => code === 'too_small' || code === 'too_big')
        .map(({ code }) => code) ?? [];
    expect(lengthProblems('Aa1!각각각')).toEqual(['too_small']);
    expect(lengthProblems('Aa1!각각각'.normalize('NFD'))).toEqual(['too_small']);
    expect(lengthProblems(`Aa1!${'각'.repeat(124)}`.normalize('NFD'))).toEqual([]);
    expect(lengthProblems(`Aa1!${'😀'.repeat(124)}`)).toEqual([]);
    expect(lengthProblems(`Aa1!${'😀'.repeat(125)}`)).toEqual(['too_big']);
    expect(lengthProblems('x'.repeat(100_000))).toEqual(['too_big']);
  });

  it('judges a common one however wide it is typed, and a mark as part of its letter', () => {
    const problems = (password: string) =>
      passwordSchema.safeParse(password).error?.issues.map(({ message }) => message) ?? [];
    expect(problems('Ｐ＠ｓｓｗ０ｒｄ')).toContain('password.common');
    expect(problems('Aa1प्रिया')).toEqual(['password.symbol']);
  });

  it('takes no minutes over a megabyte of marks', async () => {
    const started = performance.now();
    const marks = `a${'\u0301\u0316'.repeat(500_000)}`;
    expect(passwordSchema.safeParse(marks).success).toBe(false);
    expect(await verifyPassword(await hashPassword('Password123!'), marks)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
