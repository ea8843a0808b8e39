/**
 * Rows whose id has the time of the process in it (UUID version 7) and whose `created_at` the same process wrote at
 * that moment: how far one is from the other tells in which zone PostgreSQL took the text for a time.
 */
export interface Witnesses {
  /** Minutes by which `created_at` is after the id's time. */
  readonly offMinutes: number;
  /** The same after mending, in the zone that is supposed; null while none is. */
  readonly mendedMinutes: number | null;
  readonly rows: number;
  /** The ids' times, in milliseconds since 1970. */
  readonly first: number;
  readonly last: number;
}

/** What the witnesses say together. */
export type Verdict =
  | { readonly kind: 'right' }
  /** All before `until` is wrong, and what was written from then on is right; null when nothing was. */
  | { readonly kind: 'wrong'; readonly rows: number; readonly last: number; readonly until: number | null }
  | { readonly kind: 'inconsistent'; readonly reason: string };

/** No zone is further away from UTC. */
const farthestMinutes = 15 * 60;

/** Zones are whole quarters of an hour apart. */
const quarterMinutes = 15;

const isRight = ({ offMinutes }: Witnesses) => Math.abs(offMinutes) <= 1;

/** A moment that somebody has chosen, as sample data has, is no witness. */
const isOfSomeZone = ({ offMinutes }: Witnesses) => {
  const beside = Math.abs(offMinutes) % quarterMinutes;
  return Math.abs(offMinutes) <= farthestMinutes && (beside <= 1 || beside >= quarterMinutes - 1);
};

/** The offsets from UTC, in minutes, that PostgreSQL took the texts to have. None when all is right. */
export function offsetsOf(witnesses: readonly Witnesses[]): number[] {
  const wrong = witnesses.filter((group) => !isRight(group) && isOfSomeZone(group));
  const quarters = wrong.map(({ offMinutes }) => -Math.round(offMinutes / quarterMinutes) * quarterMinutes);
  return [...new Set(quarters)].sort((one, other) => one - other);
}

/** Judges the witnesses, mended in the supposed zone. */
export function judge(witnesses: readonly Witnesses[]): Verdict {
  const telling = witnesses.filter(isOfSomeZone);
  const wrong = telling.filter((group) => !isRight(group));
  if (wrong.length === 0) return { kind: 'right' };
  const unexplained = wrong.filter(
    ({ mendedMinutes }) => mendedMinutes === null || Math.abs(mendedMinutes) > 1,
  );
  if (unexplained.length > 0) {
    const rows = unexplained.reduce((sum, group) => sum + group.rows, 0);
    return { kind: 'inconsistent', reason: `the zone does not explain ${rows} rows` };
  }
  // In a zone that is UTC's own in winter, what was written then says nothing.
  const right = telling.filter(
    (group) => isRight(group) && (group.mendedMinutes === null || Math.abs(group.mendedMinutes) > 1),
  );
  const last = Math.max(...wrong.map((group) => group.last));
  const until = right.length === 0 ? null : Math.min(...right.map(({ first }) => first));
  if (until !== null && until <= last) {
    return { kind: 'inconsistent', reason: 'right and wrong moments were written at the same time' };
  }
  return { kind: 'wrong', rows: wrong.reduce((sum, group) => sum + group.rows, 0), last, until };
}
