import { z } from 'zod';
import { plainLine, usualWidth, within } from './text-forms.ts';

/**
 * What no line of text needs: control characters, of which PostgreSQL stores no NUL, halves of characters and what is
 * none at all, line separators, and what turns the text around it, so that a name reads as another.
 */
const controlCharacters = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Without one of these, a text looks empty. */
const visibleCharacters = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line of text as {@link plainLine} makes it, that has something in it and fits its column. Says one thing at a time of what is wrong. */
export function textSchema(maximumLength: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'field.required' : undefined) })
    .overwrite(within(maximumLength, plainLine))
    .refine((text) => text !== '', { error: 'field.required', abort: true })
    .max(maximumLength, { abort: true })
    .refine((text) => !controlCharacters.test(text), { error: 'field.controlCharacters', abort: true })
    .refine((text) => visibleCharacters.test(text), { error: 'field.required', abort: true });
}

const maximumSearchLength = 100;

/** What a list is searched for. Blank means: everything. */
export const searchSchema = z.preprocess(
  (value) =>
    typeof value === 'string' && within(maximumSearchLength, plainLine)(value) === ''
      ? undefined
      : (value ?? undefined),
  textSchema(maximumSearchLength).optional(),
);

/** A telephone number as people write it. */
export const phoneSchema = textSchema(32)
  .overwrite(usualWidth)
  .regex(/^\+?[\d ()./-]{3,}$/, 'field.phone');
