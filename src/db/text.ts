import { z } from 'zod';

/** PostgreSQL stores no NUL, and no line of text needs the other control characters. */
const controlCharacters = /\p{Cc}/u;

/** One line of text, trimmed, that has something in it and fits its column. */
export function textSchema(maximumLength: number) {
  return z
    .string('field.required')
    .trim()
    .min(1, 'field.required')
    .max(maximumLength)
    .refine((text) => !controlCharacters.test(text), 'field.controlCharacters');
}

/** What a list is searched for. Blank means: everything. */
export const searchSchema = z.preprocess(
  (value) => (typeof value === 'string' && value.trim() === '' ? undefined : (value ?? undefined)),
  textSchema(100).optional(),
);

/** A telephone number as people write it. */
export const phoneSchema = textSchema(32).regex(/^\+?[\d ()./-]{3,}$/, 'field.phone');
