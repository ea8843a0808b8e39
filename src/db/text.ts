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
 * in pieces, which would be found by no search and be equal to nothing. Says one thing at a time of what is wrong.
 */
export function textSchema(maximumLength: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'field.required' : undefined) })
    .normalize('NFC')
    .trim()
    .refine((text) => text !== '', { error: 'field.required', abort: true })
    .max(maximumLength, { abort: true })
    .refine((text) => !controlCharacters.test(text), { error: 'field.controlCharacters', abort: true })
    .refine((text) => visibleCharacters.test(text), { error: 'field.required', abort: true });
}

/** What a list is searched for. Blank means: everything. */
export const searchSchema = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? undefined : (value ?? undefined)),
  textSchema(100).optional(),
);

/** A telephone number as people write it. */
export const phoneSchema = textSchema(32).regex(/^\+?[\d ()./-]{3,}$/, 'field.phone');
