import { describe, expect, it } from 'vitest';
import { usernameSchema, usernamesOf } from '../../../src/auth/usernames.ts';

describe('a username', () => {
  it.each([
    ['ศิริพร', 'ศิริพร'],
    ['प्रिया', 'प्रिया'],
    ['İbrahim', 'ibrahim'],
    ['홍길동', '홍길동'],
    ['Zoë', 'zoë'],
    ['نامه‌ای', 'نامه‌ای'],
    ['ＫＩＭ＿０１', 'kim_01'],
    ['a.b-c_9', 'a.b-c_9'],
  ])('may be %s', (typed, kept) => {
    expect(usernameSchema.parse(typed)).toBe(kept);
  });

  it.each([
    ['two letters', 'ab'],
    ['a space', 'has space'],
    ['a mark before any letter', '\u0301abc'],
    ['a joiner alone', '\u200dab'],
    ['65 letters', 'x'.repeat(65)],
    ['Hangul fillers alone', '\u3164\u3164\u3164'],
  ])('has not %s', (_what, typed) => {
    expect(usernameSchema.safeParse(typed).success).toBe(false);
  });

  it('from before names were folded by width is looked for as it was kept, and folded', () => {
    expect(usernamesOf(' ＡＤＭＩＮ ')).toEqual(['ａｄｍｉｎ', 'admin']);
    expect(usernamesOf('Admin')).toEqual(['admin']);
  });

  it.each(['', '\u3000', 'nul\0', 'x'.repeat(65), `a${'\u0301\u0316'.repeat(500_000)}`])(
    'of nobody is looked for nowhere: %#',
    (typed) => {
      const started = performance.now();
      expect(usernamesOf(typed)).toEqual([]);
      expect(performance.now() - started).toBeLessThan(1_000);
    },
  );
});
