import { withoutSpellingJoiners } from '../db/invisible-characters.ts';

/** Normalising takes the square of the length of a run of marks. No password is longer, in whatever pieces it is typed. */
export const maximumTypedLength = 1_024;

/** Jamo that make up no syllable of today (RFC 8264, section 9.9): what can be composed has been. */
const oldHangul = '\\u1100-\\u11ff\\ua960-\\ua97c\\ud7b0-\\ud7fb';

/** RFC 8264, section 9.6: exceptions that are disallowed. */
const exceptions = '\\u0640\\u07fa\\u302e\\u302f\\u3031-\\u3035\\u303b';

/** What RFC 8264's FreeformClass has not: controls, what can't be seen, halves of characters, what no Unicode knows. */
const disallowed = new RegExp(
  `(?!\\p{Join_Control})[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}${oldHangul}${exceptions}]`,
  'u',
);

/** Signs that are spelling in one place and noise in any other (RFC 5892, appendix A.3 to A.9). */
const outOfPlace = [
  /(?<!l)\u00b7|\u00b7(?!l)/u,
  /\u0375(?!\p{Script=Greek})/u,
  /(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u,
  /^[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*\u30fb[^\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]*$/u,
  /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u,
];

/**
 * A password as RFC 8265 compares it (profile OpaqueString): spaces of every kind are one, and what keyboards compose
 * in different ways is composed.
 * @returns null for what is no password: nothing, or with characters that can't be typed the same way twice.
 */
export function opaqueString(typed: string): string | null {
  if (typed.length > maximumTypedLength) return null;
  const password = typed.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  if (password === '' || disallowed.test(password)) return null;
  if (/\p{Join_Control}/u.test(withoutSpellingJoiners(password))) return null;
  return outOfPlace.some((pattern) => pattern.test(password)) ? null : password;
}
