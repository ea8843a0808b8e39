import { withoutSpellingJoiners } from '../db/invisible-characters.ts';

/**
 * Bounds normalizing, which takes time quadratic in the length of a run of combining marks. No password is longer,
 * however decomposed it is typed.
 */
export const maximumTypedLength = 1_024;

/** Jamo outside modern syllables (RFC 8264, section 9.9): all others have been composed. */
const oldHangul = '\\u1100-\\u11ff\\ua960-\\ua97c\\ud7b0-\\ud7fb';

/** RFC 8264, section 9.6: exceptions that are disallowed. */
const exceptions = '\\u0640\\u07fa\\u302e\\u302f\\u3031-\\u3035\\u303b';

/** Characters outside RFC 8264's FreeformClass: controls, invisible or unassigned characters, lone surrogates. */
const disallowed = new RegExp(
  `(?!\\p{Join_Control})[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}${oldHangul}${exceptions}]`,
  'u',
);

/** Characters outside the contexts that RFC 5892 allows them in (appendix A.3 to A.9). */
const outOfPlace = [
  /(?<!l)\u00b7|\u00b7(?!l)/u,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  /^[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*\u30fb[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*$/u,
  /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u,
];

/**
 * Prepares a password for comparison as in RFC 8265 (profile OpaqueString): spaces of every kind become plain ones,
 * and the text is composed, since keyboards compose it in different ways.
 * @returns null for an invalid password: empty, too long, or with characters that can't be typed the same way twice.
 */
export function opaqueString(typed: string): string | null {
  if (typed.length > maximumTypedLength) return null;
  const password = typed.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  if (password === '' || disallowed.test(password)) return null;
  if (/\p{Join_Control}/u.test(withoutSpellingJoiners(password))) return null;
  return outOfPlace.some((pattern) => pattern.test(password)) ? null : password;
}
