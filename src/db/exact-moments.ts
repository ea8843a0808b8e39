import { earliestMoment, latestMoment } from './storable.ts';
import { UnusableServerError } from './unusable-server-error.ts';

/** A `timestamptz` in PostgreSQL's ISO style, in any session time zone. */
const isoMoment =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** A `timestamptz` in the years 1 to 9999 that is already in UTC, as nearly all are: it needs no conversion. */
const utcMoment = /^(?!0000)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00$/;

/** Values that PostgreSQL has and RFC 3339 doesn't; somebody may have locked an account until infinity. */
const beyond = (isPast: boolean) => writeMoment(isPast ? earliestMoment : latestMoment);

/**
 * Converts the text of a `timestamptz` from any time zone to UTC. Moments before the year 1 or after 9999, infinity
 * included, become the first or the last in between.
 * @throws {UnusableServerError} when it isn't in PostgreSQL's ISO style: day and month might be confused.
 */
export function momentInUtc(text: string): string {
  if (utcMoment.test(text)) return text;
  const parts = isoMoment.exec(text);
  if (!parts) {
    if (text === 'infinity' || text === '-infinity') return beyond(text.startsWith('-'));
    throw new UnusableServerError(
      'The server does not write dates in ISO style, although it was requested. A pooler in front of it drops DateStyle: set DateStyle to ISO for the database.',
    );
  }
  const [, year, month, day, hours, minutes, seconds, fraction = '', sign, ...rest] = parts;
  const [offsetHours, offsetMinutes = 0, offsetSeconds = 0, beforeChrist] = rest;
  if (beforeChrist) return beyond(true);
  if (Number(year) > latestMoment.getUTCFullYear()) return beyond(false);
  const offset = Number(offsetHours) * 3_600 + Number(offsetMinutes) * 60 + Number(offsetSeconds);
  if (offset === 0) return text;
  const moment = new Date(0);
  // Not Date.UTC, which interprets the year 50 as 1950.
  moment.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  moment.setUTCHours(Number(hours), Number(minutes), Number(seconds) + (sign === '-' ? offset : -offset));
  if (moment < earliestMoment || moment > latestMoment) return beyond(moment < earliestMoment);
  return writeUtc(moment, fraction);
}

/** Formats a timestamp so that PostgreSQL interprets it the same way in every time zone and date style. */
export function writeMoment(moment: Date): string {
  const milliseconds = moment.getUTCMilliseconds();
  return writeUtc(moment, milliseconds === 0 ? '' : `.${pad(milliseconds, 3)}`);
}

function writeUtc(moment: Date, fraction: string): string {
  const year = moment.getUTCFullYear();
  const date = [pad(year < 1 ? 1 - year : year, 4), pad(moment.getUTCMonth() + 1), pad(moment.getUTCDate())];
  const time = [moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds()].map((part) =>
    pad(part),
  );
  return `${date.join('-')} ${time.join(':')}${fraction}+00${year < 1 ? ' BC' : ''}`;
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}
