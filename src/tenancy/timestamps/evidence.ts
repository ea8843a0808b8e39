/**
 * A group of rows whose id contains the process's time (UUID version 7) and whose `created_at` the same process wrote
 * at that moment. The difference between the two tells in which zone PostgreSQL read the text.
 */
export interface Witnesses {
  /** Minutes by which `created_at` is later than the id's time. */
  readonly offMinutes: number;
  /** The same after mending, in the assumed zone; null while none is assumed. */
  readonly mendedMinutes: number | null;
  readonly rows: number;
  /** The earliest of the ids' times, in milliseconds since 1970; `last` is the latest. */
  readonly first: number;
  readonly last: number;
}

/** The conclusion from all witnesses. */
export type Verdict =
  | { readonly kind: 'right' }
  /** Everything before `until` is wrong, and what was written from then on is right; null when nothing was. */
  | { readonly kind: 'wrong'; readonly rows: number; readonly last: number; readonly until: number | null }
  | { readonly kind: 'inconsistent'; readonly reason: string };

/** No zone is farther from UTC than this. */
const farthestMinutes = 15 * 60;

/** Zones differ by whole quarters of an hour. */
const quarterMinutes = 15;

const isRight = ({ offMinutes }: Witnesses) => Math.abs(offMinutes) <= 1;

/** A moment that somebody has chosen, as in sample data, is no evidence. */
const isOfSomeZone = ({ offMinutes }: Witnesses) => {
  const beside = Math.abs(offMinutes) % quarterMinutes;
  return Math.abs(offMinutes) <= farthestMinutes && (beside <= 1 || beside >= quarterMinutes - 1);
};

/** The offsets from UTC, in minutes, with which PostgreSQL read the texts. Empty when all is right. */
export function offsetsOf(witnesses: readonly Witnesses[]): number[] {
  const wrong = witnesses.filter((group) => !isRight(group) && isOfSomeZone(group));
  const quarters = wrong.map(({ offMinutes }) => -Math.round(offMinutes / quarterMinutes) * quarterMinutes);
  return [...new Set(quarters)].sort((one, other) => one - other);
}

/** Judges the witnesses, as mended in the assumed zone. */
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
  // In a zone that equals UTC in winter, rows from that season prove nothing.
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
