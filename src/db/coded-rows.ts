import type { z } from 'zod';
import { message } from '../errors/index.ts';
import { textSchema } from './text.ts';
import { usualWidth } from './text-forms.ts';
import { reportTaken } from './unique-values.ts';

/** A short name for programs, e.g. `SALES`. */
export const codeSchema = textSchema(64)
  .overwrite(usualWidth)
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}\p{Join_Control}._-]*$/u, 'field.code');

/** The columns that every such row is created with. */
export const codedFields = { code: codeSchema, name: textSchema(128) };

/** The columns of every such row that can be changed. */
export const codedChanges = {
  code: codeSchema.exactOptional(),
  name: textSchema(128).exactOptional(),
} satisfies z.ZodRawShape;

/** The path of a row's code in a mutation's arguments. */
export const codePath: readonly string[] = ['input', 'code'];

/**
 * Runs a write.
 * @param path the argument that determines the code: {@link codePath}, or the id of a row to be restored.
 * @throws {ConflictError} at the path when another live row has the code.
 */
export function reportCodeConflict<T>(path: readonly string[], write: () => Promise<T>): Promise<T> {
  return reportTaken(() => ({ path, message: message('taken.code') }), write);
}
