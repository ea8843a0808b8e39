import { z } from 'zod';
import { type FieldMessage, isFieldMessageKey } from './field-problem.ts';
import { ValidationFailedError } from './input.ts';
import { message } from './messages/message.ts';

/**
 * Validates `value` against `schema`, whose own messages are names in the catalogue.
 * @param path the value's path in the operation's arguments, e.g. `['input']`.
 * @throws {ValidationFailedError} naming every invalid field.
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
      message: isMissing(value, issue) ? message('field.required') : issueMessage(issue),
    })),
  );
}

/** A schema of ours gives them with its message. */
const factsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

/** Returns the message for an issue found by a schema. */
export function issueMessage(issue: z.core.$ZodIssue): FieldMessage {
  if (isFieldMessageKey(issue.message)) {
    const facts = issue.code === 'custom' ? factsSchema.parse(issue.params ?? {}) : {};
    return { key: issue.message, facts };
  }
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'string') return message('field.tooShort', { minimum: Number(issue.minimum) });
      return message('field.tooSmall', { minimum: Number(issue.minimum) });
    case 'too_big':
      if (issue.origin === 'string') return message('field.tooLong', { maximum: Number(issue.maximum) });
      if (issue.origin === 'array') return message('field.tooMany', { maximum: Number(issue.maximum) });
      return message('field.tooLarge', { maximum: Number(issue.maximum) });
    case 'invalid_type':
      return message('field.wrongType');
    case 'invalid_value':
      return message('field.notOneOf', { values: issue.values.map(String).join(', ') });
    case 'invalid_format':
      if (issue.format === 'email') return message('field.email');
      return message(issue.format === 'uuid' ? 'field.uuid' : 'field.invalid');
    default:
      return message('field.invalid');
  }
}

/**
 * Returns whether a required value is null or absent. Schemas of different kinds object to that with different codes,
 * but a rule of our own may be about a field because of another one.
 */
function isMissing(root: unknown, { code, path }: z.core.$ZodIssue): boolean {
  if (code === 'custom') return false;
  let value = root;
  for (const key of path) value = isObject(value) ? Reflect.get(value, key) : undefined;
  return value == null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function fieldName(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}
