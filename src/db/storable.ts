/** What keeps PostgreSQL from storing a text: a NUL, or one half of a pair of surrogates. Null when nothing does. */
export function unstorableText(text: string): 'nul' | 'surrogate' | null {
  if (text.includes('\0')) return 'nul';
  return /\p{Surrogate}/u.test(text) ? 'surrogate' : null;
}

/** The first moment that RFC 3339 and PostgreSQL both can write. */
export const earliestMoment = new Date('0001-01-01T00:00:00.000Z');

/** The last moment that RFC 3339 can write. */
export const latestMoment = new Date('9999-12-31T23:59:59.999Z');
