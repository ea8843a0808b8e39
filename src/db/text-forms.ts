import { domainToUnicode } from 'node:url';
import { withoutAnyInvisible, withoutInvisible } from './invisible-characters.ts';

/** Spaces of every width, and the blank of Braille. */
const spaces = /[\p{Zs}\u2800]+/gu;

/** Letters, digits and signs as wide or as narrow as an ideograph: East Asian keyboards type them. */
const widthForms = /[\uff01-\uffef]/gu;

/**
 * One line of text in the form in which it is kept and looked for: composed, because some systems type Hangul in
 * pieces; without what can't be seen and means nothing; with single plain spaces, and none around it.
 */
export function plainLine(text: string): string {
  return withoutInvisible(text).normalize('NFC').replace(spaces, ' ').trim();
}

/** Letters, digits and signs in their usual width (RFC 8265, section 3.3.3). */
export function usualWidth(text: string): string {
  return text.replace(widthForms, (character) => character.normalize('NFKC')).normalize('NFC');
}

/** {@link plainLine} in usual width and lower case. */
export function lowerLine(text: string): string {
  return plainLine(usualWidth(plainLine(text)).toLowerCase());
}

/**
 * A name that somebody signs in with, as it is kept: `UsernameCaseMapped` of RFC 8265, whose Turkish `İ` is an `i`, and
 * not an `i` with a second dot that nobody can see.
 */
export function foldedName(text: string): string {
  return lowerLine(text).replaceAll('i\u0307', 'i');
}

/** Normalising takes the square of the length of a run of marks: for a megabyte, minutes. */
const formsPerCharacter = 4;

/** Brings a text that may become `maximumLength` characters long into a form; a longer one is left for its length to be refused. */
export function within(maximumLength: number, form: (text: string) => string): (text: string) => string {
  return (text) => (text.length > maximumLength * formsPerCharacter ? text : form(text));
}

/**
 * The forms in which what somebody looks for may be kept: as names and texts are, as names to sign in with are, without
 * joiners that others leave out, and with domains as people write them.
 */
export function searchForms(text: string): string[] {
  const name = foldedName(text);
  return [
    ...new Set([
      text,
      // The case of ASCII matters to no database that compares.
      ...(name === text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) ? [] : [name]),
      ...[withoutAnyInvisible(text)].filter(Boolean),
      text.replace(/xn--[a-z0-9-]+/giu, (label) => domainToUnicode(label) || label),
    ]),
  ];
}
