import { createHash } from 'node:crypto';
import { en, Faker } from '@faker-js/faker';
import type { Temporal } from 'temporal-polyfill';
import { dayAt } from '../../../src/calendar/days.ts';
import { momentOn } from '../../../src/calendar/months.ts';
import { english } from './english.ts';
import { korean } from './korean.ts';
import type { SampleLocale, SampleTexts } from './sample-locale.ts';

/** The source of sample rows: the same seed gives the same rows, with days counted from today. */
export interface SampleSource {
  readonly texts: SampleTexts;
  readonly timeZone: string;
  readonly today: Temporal.PlainDate;
  /** Stands in codes that have to be unique, so that two seeds can be written into one tenant. */
  readonly prefix: string;
  /** The id of a row. */
  id(kind: string, name: string | number): string;
  /** Random values for rows of a kind; what other kinds need doesn't change them. */
  faker(kind: string): Faker;
  /** A moment so many days before today. */
  daysAgo(days: number, timeOfDay: string): Date;
}

export function sampleSource(seed: number, locale: SampleLocale, timeZone: string): SampleSource {
  const today = dayAt(new Date(), timeZone);
  return {
    texts: locale === 'ko' ? korean : english,
    timeZone,
    today,
    prefix: String(seed).padStart(2, '0'),
    id: (kind, name) => deterministicUuid(`${seed}:${kind}:${name}`),
    faker: (kind) => new Faker({ locale: [en], seed: hashOf(`${seed}:${kind}`).readUInt32BE() }),
    daysAgo: (days, timeOfDay) => momentOn(today.subtract({ days }), timeOfDay, timeZone),
  };
}

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** A version 8 UUID (RFC 9562: for values of one's own making) derived from `name`. */
function deterministicUuid(name: string): string {
  const hex = hashOf(name).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
