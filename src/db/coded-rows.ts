import type { z } from 'zod';
import { message, parseInput } from '../errors/index.ts';
import { containing } from './search.ts';
import { searchSchema, textSchema } from './text.ts';
import { searchForms, usualWidth } from './text-forms.ts';
import { reportTaken } from './unique-values.ts';

/** What roles, departments and branches have in common: a short code for programs, a name for people, and that deleted ones are kept. */
export interface CodedFilter {
  readonly search?: string | null | undefined;
  /** Only deleted rows instead of only live ones. */
  readonly deleted?: boolean | null | undefined;
}

/** A row that was just deleted. */
export interface DeletedRow {
  readonly name: string;
  /** How many rows another has taken over; null when there is none, or when the viewer is not to know. */
  readonly movedCount: number | null;
}

/** A short name for programs, e.g. `SALES`. */
export const codeSchema = textSchema(64)
  .overwrite(usualWidth)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}._-]*$/u, 'field.code');

/** What every such row is made of. */
export const codedFields = { code: codeSchema, name: textSchema(128) };

/** What of every such row may be changed. */
export const codedChanges = {
  code: codeSchema.exactOptional(),
  name: textSchema(128).exactOptional(),
} satisfies z.ZodRawShape;

/** The condition for rows whose code or name contains `search`. @throws {ValidationFailedError} for a text that can't be searched for. */
export function codedFilter({ search, deleted }: CodedFilter) {
  const text = parseInput(searchSchema, search, ['search']);
  return {
    deletedAt: deleted ? { not: null } : null,
    ...(text === undefined
      ? {}
      : {
          OR: searchForms(text).flatMap((form) => [{ code: containing(form) }, { name: containing(form) }]),
        }),
  };
}

/** Where the code of a row to be written stands in a mutation's arguments. */
export const codePath: readonly string[] = ['input', 'code'];

/**
 * Runs a write.
 * @param path what in the mutation's arguments brings the code: {@link codePath}, or the id of a row to be restored.
 * @throws {ConflictError} at the path when another live row has the code.
 */
export function reportCodeConflict<T>(path: readonly string[], write: () => Promise<T>): Promise<T> {
  return reportTaken(() => ({ path, message: message('taken.code') }), write);
}
