/** Viramas, which suppress a vowel (combining class 9); a joiner next to one chooses the form of a letter. */
const virama =
  '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d3b\\u0d3c\\u0d4d\\u0dca\\u0e3a\\u0eba\\u0f84\\u1039\\u103a\\u1714\\u1715\\u1734\\u17d2\\u1a60\\u1b44\\u1baa\\u1bab\\u1bf2\\u1bf3\\u2d7f\\ua806\\ua82c\\ua8c4\\ua953\\ua9c0\\uaaf6\\uabed\\u{10a3f}\\u{11046}\\u{11070}\\u{1107f}\\u{110b9}\\u{11133}\\u{11134}\\u{111c0}\\u{11235}\\u{112ea}\\u{1134d}\\u{11442}\\u{114c2}\\u{115bf}\\u{1163f}\\u{116b6}\\u{1172b}\\u{11839}\\u{1193d}\\u{1193e}\\u{119e0}\\u{11a34}\\u{11a47}\\u{11a99}\\u{11c3f}\\u{11d44}\\u{11d45}\\u{11d97}]';

/** Letters of scripts in which neighbouring letters join. */
const joiningLetter =
  '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Mandaic}\\p{Script=Adlam}\\p{Script=Hanifi_Rohingya}]';

/**
 * Joiners that are part of a word's spelling: in Indic scripts, and in Persian and related scripts (RFC 5892,
 * appendix A.1 and A.2).
 */
const spellingJoiners = [
  `(?<=${virama})\\p{Join_Control}`,
  `\\p{Join_Control}(?=${virama})`,
  `(?<=${joiningLetter}\\p{Mn}*)\\u200c(?=${joiningLetter})`,
  `(?<=${joiningLetter}\\p{Mn}*)\\u200d`,
];

/** Invisible characters that have a meaning in their context. */
const meaningful = [
  ...spellingJoiners,
  // Joined emoji, such as a person and their profession; the flag of a region.
  '(?<=\\p{Extended_Pictographic}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?)\\u200d(?=\\p{Extended_Pictographic})',
  '(?<=\\u{1f3f4})[\\u{e0020}-\\u{e007e}]+\\u{e007f}',
  // Emoji or text presentation of a symbol; keycaps of digits.
  '(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]',
  '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
  // Variants of ideographs, as in family names; variants of Mongolian and other characters.
  '(?<=\\p{Ideographic})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
  '(?<=\\p{Script=Mongolian})[\\u180b-\\u180f]',
  '(?<=[\\p{Script=Myanmar}\\p{Script=Phags_Pa}\\p{Sm}])\\ufe00',
];

/** Bidirectional controls stay: they reorder the text around them, so validation must refuse them. */
const directionControls = '[\\u202a-\\u202e\\u2066-\\u2069]';

const invisible = `(?!${directionControls})[\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]`;

const keptOrInvisible = new RegExp(`(${meaningful.join('|')})|${invisible}`, 'gu');
const spellingJoiner = new RegExp(spellingJoiners.join('|'), 'gu');

/**
 * Removes invisible characters that mean nothing in their context: zero-width spaces, soft hyphens, byte-order marks,
 * fillers, stray joiners. Joiners stay in emoji and in scripts whose spelling needs them.
 */
export function withoutInvisible(text: string): string {
  return text.replace(keptOrInvisible, (_all, kept: string | undefined) => kept ?? '');
}

/** Removes joiners that are part of a word's spelling. Any joiner left after that belongs to no word in any script. */
export function withoutSpellingJoiners(text: string): string {
  return text.replace(spellingJoiner, '');
}

/** Removes all invisible characters, even those with a meaning. */
export function withoutAnyInvisible(text: string): string {
  return text.replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
