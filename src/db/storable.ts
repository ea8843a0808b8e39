/**
 * Returns the problem that prevents PostgreSQL from storing a text: a NUL or a lone surrogate. Null when there is none.
 */
export function unstorableText(text: string): 'nul' | 'surrogate' | null {
  if (text.includes('\0')) return 'nul';
  return /\p{Surrogate}/u.test(text) ? 'surrogate' : null;
}

/** The earliest moment that both RFC 3339 and PostgreSQL can represent. */
export const earliestMoment = new Date('0001-01-01T00:00:00.000Z');

/** The latest moment that RFC 3339 can represent. */
export const latestMoment = new Date('9999-12-31T23:59:59.999Z');
