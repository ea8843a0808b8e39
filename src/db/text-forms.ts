import { domainToASCII, domainToUnicode } from 'node:url';
import { withoutAnyInvisible, withoutInvisible } from './invisible-characters.ts';

/** Spaces of any width, and the blank Braille pattern. */
const spaces = /[\p{Zs}\u2800]+/gu;

/** Fullwidth and halfwidth letters, digits and symbols, as East Asian keyboards type them. */
const widthForms = /[\uff01-\uffef]/gu;

/**
 * Normalizes a line of text to the form in which it is stored and searched: composed, because some systems type
 * Hangul decomposed; without meaningless invisible characters; with single plain spaces, and none at either end.
 */
export function plainLine(text: string): string {
  return withoutInvisible(text).normalize('NFC').replace(spaces, ' ').trim();
}

/** The same for a text of several lines, each of which becomes a {@link plainLine}. None are empty at either end. */
export function plainLines(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .split(/\r\n?|\n/)
    .map(plainLine)
    .join('\n')
    .trim();
}

/** Converts letters, digits and symbols to their usual width (RFC 8265, section 3.3.3). */
export function usualWidth(text: string): string {
  return text.replace(widthForms, (character) => character.normalize('NFKC')).normalize('NFC');
}

/** Like {@link plainLine}, in usual width and lower case. */
export function lowerLine(text: string): string {
  return plainLine(usualWidth(plainLine(text)).toLowerCase());
}

/**
 * Normalizes a sign-in name to the form in which it is stored: `UsernameCaseMapped` of RFC 8265, with a Turkish `İ`
 * as a plain `i` rather than an `i` with a second, invisible dot.
 */
export function foldedName(text: string): string {
  // Composed again: the dot may have kept another mark from its letter.
  return lowerLine(text).replaceAll('i\u0307', 'i').normalize('NFC');
}

/**
 * The maximum number of input characters per character of the result. Normalizing takes time quadratic in the length of
 * a run of combining marks: minutes for a megabyte.
 */
const formsPerCharacter = 4;

/**
 * Limits `form` to texts that it may shorten to `maximumLength` characters. Longer ones stay as they are, to be refused
 * for their length.
 */
export function within(maximumLength: number, form: (text: string) => string): (text: string) => string {
  return (text) => (text.length > maximumLength * formsPerCharacter ? text : form(text));
}

/**
 * Returns the forms in which a text searched for may be stored: as given, as a sign-in name, without joiners that
 * others leave out, and with domains as people write them.
 */
export function searchForms(text: string): string[] {
  const name = foldedName(text);
  return [
    ...new Set([
      text,
      // Searches ignore the case of ASCII letters, so it needs no form of its own.
      ...(name === text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) ? [] : [name]),
      ...[withoutAnyInvisible(text)].filter(Boolean),
      text.replace(/xn--[a-z0-9-]+/giu, (label) => domainToUnicode(label) || label),
      ...domainForms(text),
    ]),
  ];
}

/** Returns the forms of an address, or of a part of its domain, with the domain in Unicode and in ASCII (UTS 46). */
function domainForms(text: string): string[] {
  const [, local = '', domain = ''] = /^(.*@)?([^@]*)$/su.exec(text) ?? [];
  // ASCII domains have one form, and a number would be taken for an IPv4 address.
  if (/^\p{ASCII}*$/u.test(domain)) return [];
  const ascii = domainToASCII(domain);
  if (ascii === '') return [];
  // Earlier versions stored a domain in ASCII when it was given so; a single word is rather a name.
  return [domainToUnicode(ascii), ...(domain.includes('.') ? [ascii] : [])].map((form) => `${local}${form}`);
}
