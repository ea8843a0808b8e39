import { earliestMoment, latestMoment } from './storable.ts';
import { UnusableServerError } from './unusable-server-error.ts';

/** A `date` in PostgreSQL's ISO style. */
const isoDay = /^(\d{4,7})-\d\d-\d\d( BC)?$/;

/**
 * Reads a calendar day as Prisma's client does: as the moment when it begins in UTC, whatever the zone of anybody.
 * @param text in RFC 3339, of the years 1 to 9999.
 */
export const readDay = (text: string): Date => new Date(`${text}T00:00:00.000Z`);

/** Returns the day that a text in RFC 3339 names; null when there is none in the years 1 to 9999. */
export function parseDay(text: string): Date | null {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? readDay(text) : earliestMoment;
  // JavaScript takes the 30th of February for the 2nd of March.
  return !Number.isNaN(day.getTime()) && day >= earliestMoment && writeDay(day) === text ? day : null;
}

/** Formats a calendar day of the years 0 to 9999 so that PostgreSQL reads it the same way in every date style. */
export const writeDay = (day: Date): string => day.toISOString().slice(0, 'YYYY-MM-DD'.length);

/**
 * Brings the text of a `date` into the years that RFC 3339 has. Days before the year 1 or after 9999, infinity included,
 * become the first or the last in between.
 * @throws {UnusableServerError} when it isn't in PostgreSQL's ISO style: day and month might be confused.
 */
export function dayInBounds(text: string): string {
  const [, year = '', beforeChrist] = isoDay.exec(text) ?? [];
  if (year.length === 4 && !beforeChrist) return text;
  if (year === '' && text !== 'infinity' && text !== '-infinity') {
    throw new UnusableServerError(
      'The server writes dates in another style than ISO, although ISO was asked for. A pooler that forgets DateStyle stands before it: set DateStyle to ISO for the database.',
    );
  }
  return writeDay(beforeChrist || text.startsWith('-') ? earliestMoment : latestMoment);
}
