import { describe, expect, it } from 'vitest';
import { searchSchema, textSchema } from '../../../src/db/text.ts';
import { foldedName, plainLine, searchForms } from '../../../src/db/text-forms.ts';

describe('a line of text', () => {
  it.each([
    ['a zero-width space', 'jo\u200bhn', 'john'],
    ['a byte-order mark', '\ufeffjohn', 'john'],
    ['a soft hyphen', 'jo\u00adhn', 'john'],
    ['a word joiner', 'jo\u2060hn', 'john'],
    ['marks of direction', '\u200ejohn\u200f\u061c', 'john'],
    ['Hangul fillers', '\u3164김\u115f\u1160\uffa0', '김'],
    ['a joiner between Latin letters', 'jo\u200dhn\u200c', 'john'],
    ['a variation selector behind a letter', 'j\ufe0fohn\u{e0100}', 'john'],
    ['tags', 'john\u{e0041}\u{e007f}', 'john'],
    ['a variation selector behind a digit', '1\ufe0f2', '12'],
    ['what holds two pieces of a letter apart', 'e\u200b\u0301', 'é'],
  ])('loses %s', (_what, typed, plain) => {
    expect(plainLine(typed)).toBe(plain);
  });

  it.each([
    ['a family of emoji', '👨‍👩‍👧'],
    ['an emoji with a colour of skin and a profession', '👩🏽‍🚀'],
    ['a sign shown as a picture', '❤️'],
    ['a key with a digit', '1️⃣'],
    ['the flag of England', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['a Persian plural', 'نامه‌ها'],
    ['a Hindi half-form', 'क्‍ष'],
    ['a Bengali ya-phalaa', 'র‍্যা'],
    ['the variant of an ideograph', '辻\u{e0100}'],
  ])('keeps the invisible part of %s', (_what, text) => {
    expect(plainLine(text)).toBe(text);
    expect(searchSchema.parse(text)).toBe(text);
  });

  it.each(['\u3000', '\u00a0', '\u2009', ' \u00a0 ', '\u2800'])('has one plain space for %j', (space) => {
    expect(plainLine(`${space}Kim${space}Minjun${space}`)).toBe('Kim Minjun');
  });

  it('is the same when it is made plain again', () => {
    for (const text of ['a\ufe0f\u200d😀', 'क\u200b्\u200dष', ' \u200b ', '\u200d\u200d👩\u200d\u200d🚀']) {
      expect(plainLine(plainLine(text))).toBe(plainLine(text));
    }
  });

  it.each([
    ['\u200b\u3164', 'field.required'],
    ['\ud800', 'field.controlCharacters'],
    ['a\ufffe', 'field.controlCharacters'],
    ['a\u202eb', 'field.controlCharacters'],
    ['a\0b', 'field.controlCharacters'],
  ])('%j is refused: %s', (text, problem) => {
    expect(
      textSchema(64)
        .safeParse(text)
        .error?.issues.map((issue) => issue.message),
    ).toEqual([problem]);
  });

  it('too long by far is refused without the work of composing it', () => {
    const marks = `a${'\u0301\u0316'.repeat(500_000)}`;
    const started = performance.now();
    expect(textSchema(1_024).safeParse(marks).error?.issues[0]?.code).toBe('too_big');
    expect(searchSchema.safeParse(marks).success).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('typed in pieces may be as long as composed', () => {
    expect(textSchema(64).parse('각'.repeat(64).normalize('NFD'))).toBe('각'.repeat(64));
  });
});

describe('a name to sign in with', () => {
  it.each([
    [' Admin ', 'admin'],
    ['ＡＤＭＩＮ', 'admin'],
    ['ﾔﾏﾀﾞ', 'ヤマダ'],
    ['İbrahim', 'ibrahim'],
    ['IBRAHIM', 'ibrahim'],
    ['ad\u200bmin', 'admin'],
    ['홍길동'.normalize('NFD'), '홍길동'],
  ])('%j is %j', (typed, folded) => {
    expect(foldedName(typed)).toBe(folded);
    expect(foldedName(folded)).toBe(folded);
  });
});

describe('a search', () => {
  it.each([
    ['john', ['john']],
    ['Kim', ['Kim']],
    ['ＪＯＨＮ', ['ＪＯＨＮ', 'john']],
    ['ÄRGER', ['ÄRGER', 'ärger']],
    ['نامه‌ها', ['نامه‌ها', 'نامهها']],
    ['@xn--vf4b131b.xn--3e0b707e', ['@xn--vf4b131b.xn--3e0b707e', '@회사.한국']],
  ])('for %j looks for %j', (text, forms) => {
    expect(searchForms(text)).toEqual(forms);
  });

  it.each(['', ' ', '\u200b', '\u3000', null, undefined])('for %j is one for everything', (text) => {
    expect(searchSchema.parse(text)).toBeUndefined();
  });
});
