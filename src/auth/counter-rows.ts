import { z } from 'zod';
import { earliestMoment, latestMoment } from '../db/storable.ts';
import { Prisma } from '../generated/tenant/client.ts';
import type { AttemptCounter } from './lockout.ts';

/** The names of a table's counter columns. */
export interface CounterColumns {
  readonly failures: string;
  readonly lastFailureAt: string;
  readonly lockCount: string;
  readonly lockedUntil: string;
  readonly underWay: string;
}

/** The column names of tables that hold counters and nothing else. */
export const counterColumns: CounterColumns = {
  failures: 'failures',
  lastFailureAt: 'last_failure_at',
  lockCount: 'lock_count',
  lockedUntil: 'locked_until',
  underWay: 'under_way',
};

/** Milliseconds since 1970. Somebody may have locked an account by hand, until infinity. */
const millisecondsSchema = z
  .union([z.number(), z.literal(Number.POSITIVE_INFINITY), z.literal(Number.NEGATIVE_INFINITY)])
  .transform((value) => Math.min(Math.max(value, Number(earliestMoment)), Number(latestMoment)));

const counterRowsSchema = z
  .array(
    z.object({
      failures: z.int(),
      last_failure_at: millisecondsSchema.nullable(),
      lock_count: z.int(),
      locked_until: millisecondsSchema.nullable(),
      under_way: z.array(millisecondsSchema),
      now: z.number(),
    }),
  )
  .max(1);

/** A counter as read, and the database's time, because the clocks of processes differ. */
export interface ReadCounter {
  readonly counter: AttemptCounter;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The select list that {@link parseCounter} reads: `SELECT ${counterSelection(columns)} FROM …`. Times are whole
 * milliseconds.
 */
export function counterSelection(columns: CounterColumns): Prisma.Sql {
  const milliseconds = (value: string) => `FLOOR(EXTRACT(EPOCH FROM ${value}) * 1000)::float8`;
  return Prisma.raw(
    `${columns.failures} AS failures,
     ${milliseconds(columns.lastFailureAt)} AS last_failure_at,
     ${columns.lockCount} AS lock_count,
     ${milliseconds(columns.lockedUntil)} AS locked_until,
     ARRAY(SELECT ${milliseconds('lost_at')} FROM unnest(${columns.underWay}) AS lost_at) AS under_way,
     ${milliseconds('clock_timestamp()')} AS now`,
  );
}

/** Parses the rows of a {@link counterSelection}; null when there is no row. */
export function parseCounter(rows: unknown): ReadCounter | null {
  const [row] = counterRowsSchema.parse(rows);
  return row === undefined
    ? null
    : {
        counter: {
          failures: row.failures,
          lastFailureAt: row.last_failure_at,
          lockCount: row.lock_count,
          lockedUntil: row.locked_until,
          underWay: row.under_way,
        },
        now: row.now,
      };
}

/** The assignment that sets a counter: `UPDATE … SET ${counterAssignments(columns, counter)}`. */
export function counterAssignments(columns: CounterColumns, counter: AttemptCounter): Prisma.Sql {
  return Prisma.sql`(${columnNames(columns)}) = ROW(${counterValues(counter)})`;
}

/** The part after `INSERT INTO …` that adds a row with a counter, or sets the counter of the existing row. */
export function counterUpsert(
  key: readonly { readonly column: string; readonly value: Prisma.Sql }[],
  columns: CounterColumns,
  counter: AttemptCounter,
): Prisma.Sql {
  const keyColumns = Prisma.raw(key.map(({ column }) => column).join(', '));
  const keyValues = Prisma.join(key.map(({ value }) => value));
  return Prisma.sql`
    (${keyColumns}, ${columnNames(columns)}) VALUES (${keyValues}, ${counterValues(counter)})
    ON CONFLICT (${keyColumns}) DO UPDATE SET ${counterAssignments(columns, counter)}`;
}

function columnNames({
  failures,
  lastFailureAt,
  lockCount,
  lockedUntil,
  underWay,
}: CounterColumns): Prisma.Sql {
  return Prisma.raw([failures, lastFailureAt, lockCount, lockedUntil, underWay].join(', '));
}

/** The values, in the order of {@link columnNames}. */
function counterValues(counter: AttemptCounter): Prisma.Sql {
  const moment = (milliseconds: number | null) => Prisma.sql`to_timestamp(${milliseconds}::float8 / 1000)`;
  return Prisma.sql`
    ${counter.failures}, ${moment(counter.lastFailureAt)}, ${counter.lockCount}, ${moment(counter.lockedUntil)},
    ARRAY(SELECT to_timestamp(lost_at / 1000) FROM unnest(${[...counter.underWay]}::float8[]) AS lost_at)`;
}
