import type { z } from 'zod';
import { message } from '../errors/index.ts';
import { textSchema } from './text.ts';
import { usualWidth } from './text-forms.ts';
import { reportTaken } from './unique-values.ts';

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

/** The path of a row's code in a mutation's arguments. */
export const codePath: readonly string[] = ['input', 'code'];

/**
 * Runs a write.
 * @param path what in the mutation's arguments brings the code: {@link codePath}, or the id of a row to be restored.
 * @throws {ConflictError} at the path when another live row has the code.
 */
export function reportCodeConflict<T>(path: readonly string[], write: () => Promise<T>): Promise<T> {
  return reportTaken(() => ({ path, message: message('taken.code') }), write);
}
