import { Temporal } from 'temporal-polyfill';
import { daysBetween, dayToDate } from '../../../src/calendar/days.ts';
import { momentOn } from '../../../src/calendar/months.ts';
import type { WorksOn } from '../../../src/calendar/working-days.ts';
import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import type { SampleEmployee } from './employees.ts';
import type { SampleLeave } from './leave.ts';
import type { SampleSource } from './sample-source.ts';

/** Attendance is added for so many employees at most, and the days before today. */
const employeeLimit = 50;
const recordedDays = 30;

/**
 * Adds attendance records of the past working days. Some come late, some stay longer, and some forget to clock in and
 * ask for a correction.
 * @returns how many records were added.
 */
export async function addAttendance(
  transaction: TenantTransaction,
  source: SampleSource,
  employees: readonly SampleEmployee[],
  leave: readonly SampleLeave[],
  worksOn: WorksOn,
): Promise<number> {
  const attending = employees.slice(0, employeeLimit);
  const made = attending.map((employee) => {
    const off = leave.filter(({ employeeId }) => employeeId === employee.id);
    return makeRecords(source, employee, off, worksOn);
  });
  const { count } = await transaction.attendanceRecord.createMany({
    data: made.flatMap(({ records }) => records),
  });
  await transaction.attendanceCorrection.createMany({ data: made.flatMap(({ corrections }) => corrections) });
  return count;
}

function makeRecords(
  source: SampleSource,
  { id: employeeId, userId, hiredOn }: SampleEmployee,
  leave: readonly SampleLeave[],
  worksOn: WorksOn,
) {
  const { texts, id, today, timeZone, faker: fakerOf } = source;
  const faker = fakerOf(`attendance:${employeeId}`);
  const first = laterOf(hiredOn, today.subtract({ days: recordedDays }));
  const records = [];
  const corrections = [];
  for (const day of daysBetween(first, today.subtract({ days: 1 }))) {
    const clockedInAt = momentOn(day, timeAround(faker.number.int({ min: -25, max: 3 }), 9), timeZone);
    const clockedOutAt = momentOn(day, timeAround(faker.number.int({ min: 0, max: 100 }), 18), timeZone);
    const isForgotten = faker.datatype.boolean(0.01);
    if (!worksOn(day) || leave.some((time) => isWithin(day, time))) continue;
    const record = { employeeId, workDate: dayToDate(day), clockedInAt, clockedOutAt };
    if (isForgotten && corrections.length === 0) {
      corrections.push({
        ...record,
        id: id('correction', employeeId),
        requestedBy: userId,
        requestedAt: momentOn(day.add({ days: 1 }), '00:00', timeZone),
        reason: texts.correctionReason,
      });
    } else {
      records.push({
        ...record,
        id: id('attendance', `${employeeId}:${day}`),
        createdAt: clockedInAt,
        updatedAt: clockedOutAt,
      });
    }
  }
  return { records, corrections };
}

const laterOf = (one: Temporal.PlainDate, other: Temporal.PlainDate) =>
  Temporal.PlainDate.compare(one, other) > 0 ? one : other;

/** A time of day so many minutes from a full hour, such as `08:52`. */
const timeAround = (minutes: number, hour: number) =>
  Temporal.PlainTime.from({ hour }).add({ minutes }).toString({ smallestUnit: 'minute' });

const isWithin = (day: Temporal.PlainDate, { startsOn, endsOn }: SampleLeave) =>
  Temporal.PlainDate.compare(startsOn, day) <= 0 && Temporal.PlainDate.compare(day, endsOn) <= 0;
