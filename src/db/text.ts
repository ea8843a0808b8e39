import { z } from 'zod';
import { plainLine, plainLines, usualWidth, within } from './text-forms.ts';

/**
 * Characters that no line of text needs: control characters (PostgreSQL can't store NUL), lone surrogates and
 * noncharacters, line separators, and bidirectional controls, which make one name read like another.
 */
const controlCharacters = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Without one of these, a text looks empty. */
const visibleCharacters = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * A line of text, normalized by {@link plainLine}, that isn't blank and fits its column. Reports only the first
 * problem.
 */
export function textSchema(maximumLength: number) {
  return schemaOf(maximumLength, plainLine);
}

/** The same for a text of several lines, normalized by {@link plainLines}. */
export function linesSchema(maximumLength: number) {
  return schemaOf(maximumLength, plainLines, '\n');
}

function schemaOf(maximumLength: number, form: (text: string) => string, lineBreak = '') {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'field.required' : undefined) })
    .overwrite(within(maximumLength, form))
    .refine((text) => text !== '', { error: 'field.required', abort: true })
    .max(maximumLength, { abort: true })
    .refine((text) => !controlCharacters.test(text.replaceAll(lineBreak, '')), {
      error: 'field.controlCharacters',
      abort: true,
    })
    .refine((text) => visibleCharacters.test(text), { error: 'field.required', abort: true });
}

const maximumSearchLength = 100;

/** The search text of a list. Blank matches everything. */
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
  .regex(/^\+?(?:[ ()./-]*\d){3}[\d ()./-]*$/, 'field.phone');

/** A person's reason for what they do to others. */
export const reasonSchema = textSchema(500);
