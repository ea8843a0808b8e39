import type { z } from 'zod';
import { ValidationFailedError } from './input.ts';

/**
 * Checks `value` against `schema`.
 * @param path where the value stands in the operation's arguments, e.g. `['input']`.
 * @throws {ValidationFailedError} naming every field that is wrong.
 */
export function parseInput<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: readonly string[],
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ValidationFailedError(
    result.error.issues.map((issue) => ({
      path: [...path, ...issue.path.map(fieldName)],
      message: issue.message,
    })),
  );
}

function fieldName(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}
