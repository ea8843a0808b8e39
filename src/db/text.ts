import { z } from 'zod';

/**
 * What no line of text needs: control characters, of which PostgreSQL stores no NUL, line separators, and what turns
 * the text around it, so that a name reads as another.
 */
const controlCharacters = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Without one of these, a text looks empty. */
const visibleCharacters = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * One line of text, trimmed, that has something in it and fits its column. Composed, because some systems type Hangul
 * in pieces, which would be found by no search and be equal to nothing.
 */
export function textSchema(maximumLength: number) {
  return z
    .string('field.required')
    .normalize('NFC')
    .trim()
    .min(1, 'field.required')
    .max(maximumLength)
    .refine((text) => !controlCharacters.test(text), 'field.controlCharacters')
    .refine((text) => visibleCharacters.test(text), 'field.required');
}

/** What a list is searched for. Blank means: everything. */
export const searchSchema = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? undefined : (value ?? undefined)),
  textSchema(100).optional(),
);

/** A telephone number as people write it. */
export const phoneSchema = textSchema(32).regex(/^\+?[\d ()./-]{3,}$/, 'field.phone');
