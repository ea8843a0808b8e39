import { describe, expect, it } from 'vitest';
import { emailSchema } from '../../../src/auth/email-addresses.ts';

const label = (length: number) => 'x'.repeat(length);

describe('an email address', () => {
  it.each([
    ['John.Doe+tag@EXAMPLE.com', 'john.doe+tag@example.com'],
    ['홍길동@회사.한국', '홍길동@회사.한국'],
    ['홍길동@xn--vf4b131b.xn--3e0b707e', '홍길동@회사.한국'],
    ['홍길동@회사。한국', '홍길동@회사.한국'],
    ['홍길동@회사.한국'.normalize('NFD'), '홍길동@회사.한국'],
    ['ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'john@example.com'],
    ['김@example.com', '김@example.com'],
    ['प्रिया@उदाहरण.भारत', 'प्रिया@उदाहरण.भारत'],
    [' jo\u200bhn@example.com\u00a0', 'john@example.com'],
    ['admin@acme-01.invalid', 'admin@acme-01.invalid'],
  ])('%s is kept as %s', (typed, kept) => {
    expect(emailSchema.parse(typed)).toBe(kept);
    expect(emailSchema.parse(kept)).toBe(kept);
  });

  it.each([
    'nobody',
    '@example.com',
    'a@b',
    'a@127.1',
    'a@[127.0.0.1]',
    '"a b"@example.com',
    'a b@example.com',
    'a..b@example.com',
    '.a@example.com',
    'a@b@example.com',
    'a@exa mple.com',
    'a@b%40c.com',
    'a@-example.com',
    'a@xn--a.com',
    'a@example.c0m',
    'a@회사/한국',
  ])('is not %j', (typed) => {
    expect(emailSchema.safeParse(typed).error?.issues.map(({ message }) => message)).toEqual(['field.email']);
  });

  it('is measured as mail servers measure it: in bytes, its domain in ASCII', () => {
    const domain = `${label(63)}.${label(63)}.${label(58)}`;
    expect(emailSchema.safeParse(`${label(64)}@${domain}.kr`).success).toBe(true);
    for (const long of [
      `${label(65)}@example.com`,
      `${'가'.repeat(22)}@example.com`,
      `${label(64)}@${domain}x.kr`,
      // 115 letters, but more than 254 bytes in ASCII.
      `${label(40)}@${Array.from({ length: 6 }, (_, index) => `가나다라마바사아자차${index}`).join('.')}.kr`,
    ]) {
      const [issue] = emailSchema.safeParse(long).error?.issues ?? [];
      expect(issue?.code === 'too_big' || issue?.message === 'field.emailTooLong').toBe(true);
    }
  });
});
