import type { TenantTransaction } from '../../db/tenant-client.ts';
import { type FieldMessage, message } from '../../errors/index.ts';

/** A time at work, as an attendance record has it. */
export interface WorkingTime {
  readonly clockedInAt: Date;
  /** Null while it lasts. */
  readonly clockedOutAt: Date | null;
}

/** What is wrong with a time at work, and with which of its ends. */
export interface WorkingTimeProblem {
  readonly field: keyof WorkingTime;
  readonly message: FieldMessage;
}

/** The longest that an attendance record may be, in hours. */
export const maximumHours = 24;

const maximumMilliseconds = maximumHours * 3_600_000;

/** Whether somebody who came has forgotten to say when they left. */
export function isForgotten({ clockedInAt, clockedOutAt }: WorkingTime, now: Date): boolean {
  return clockedOutAt === null && now.getTime() - clockedInAt.getTime() > maximumMilliseconds;
}

/** Finds what is wrong with a time at work by itself: none is in the future, backwards, or longer than a day. */
export function problemOfTime(
  { clockedInAt, clockedOutAt }: WorkingTime,
  now: Date,
): WorkingTimeProblem | null {
  if (clockedInAt > now) return { field: 'clockedInAt', message: message('field.futureTime') };
  if (clockedOutAt === null) return null;
  if (clockedOutAt > now) return { field: 'clockedOutAt', message: message('field.futureTime') };
  if (clockedOutAt <= clockedInAt) return { field: 'clockedOutAt', message: message('field.timeRange') };
  if (clockedOutAt.getTime() - clockedInAt.getTime() > maximumMilliseconds) {
    return { field: 'clockedOutAt', message: message('field.workTooLong', { hours: maximumHours }) };
  }
  return null;
}

/**
 * Finds whether an employee, whom the transaction has locked, is at work at that time by another record.
 * @param recordId of the record that has this time; null for a new one.
 */
export async function problemOfOverlap(
  transaction: TenantTransaction,
  employeeId: string,
  recordId: string | null,
  { clockedInAt, clockedOutAt }: WorkingTime,
): Promise<WorkingTimeProblem | null> {
  const other = await transaction.attendanceRecord.findFirst({
    where: {
      employeeId,
      deletedAt: null,
      ...(recordId === null ? {} : { id: { not: recordId } }),
      ...(clockedOutAt === null ? {} : { clockedInAt: { lt: clockedOutAt } }),
      OR: [{ clockedOutAt: null }, { clockedOutAt: { gt: clockedInAt } }],
    },
    select: { id: true },
  });
  return other && { field: 'clockedInAt', message: message('field.attendanceOverlap') };
}
