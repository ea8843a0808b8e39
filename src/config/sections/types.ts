import { z } from 'zod';
import { DatasourceUrlError, parseDatasourceUrl } from '../datasource.ts';
import { encodingHint, parseExactUrl } from '../url-faults.ts';

/** A variable that may be absent; its field is undefined then. */
export function optional<T extends z.ZodType>(type: T) {
  // What is transformed always has its key, so that nobody has to tell an absent key from an undefined one.
  return type.optional().transform((value) => value);
}

/** True if the variable has this value: for sections that depend on a variable which another section checks. */
export function is(expected: string) {
  return z
    .string()
    .optional()
    .transform((value) => value === expected);
}

/** A whole number between two bounds. */
export function wholeNumber(minimum: number, maximum: number) {
  return z.coerce.number().int().min(minimum).max(maximum);
}

/** A URL of one of these protocols, such as `https:`. */
export function urlOf(...protocols: readonly string[]) {
  return z.string('is missing').superRefine((value, issues) => {
    const starts = protocols.map((protocol) => `${protocol}//`);
    if (!starts.some((start) => value.toLowerCase().startsWith(start))) {
      issues.addIssue(`must be a URL that starts with ${starts.join(' or ')}`);
    } else if (!parseExactUrl(value)) issues.addIssue(`can't be used: ${encodingHint}`);
  });
}

/** The URL of a PostgreSQL database. */
export const postgresUrl = z.string('is missing').superRefine((value, issues) => {
  try {
    parseDatasourceUrl(value);
  } catch (error) {
    issues.addIssue(
      `can't be used: ${error instanceof DatasourceUrlError ? error.message : 'it is not a URL'}`,
    );
  }
});

/** A list; blank entries don't count. */
export const commaSeparated = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
