import { byId, type Replays, refused, type Target } from './replay.ts';

const note = ({ tenantKey }: { readonly tenantKey: string }) => `Note of ${tenantKey}`;

let days = 0;

/** A time on a day of its own, for each request another. */
function nextDay(): object {
  days++;
  const day = new Date(Date.UTC(2024, 0, days)).toISOString().slice(0, 10);
  return {
    workDate: day,
    clockedInAt: `${day}T00:00:00.000Z`,
    clockedOutAt: `${day}T09:00:00.000Z`,
  };
}

const decided = byId(
  'attendanceCorrectionId',
  'AttendanceCorrection',
  refused('NOT_FOUND'),
  (attendanceCorrectionId) => ({ attendanceCorrectionId }),
  { idOf: (target: Target) => target.correction() },
);

const clocked = byId(
  'employeeId',
  'Employee',
  refused('VALIDATION_FAILED'),
  (employeeId, caller) => ({
    employeeId,
    note: note(caller),
  }),
  { idOf: (target) => target.spare('Employee') },
);

/** The replays of clocks, of corrections and of months that are summed up. */
export const attendanceReplays: Replays = {
  'Query.attendanceCorrections': byId(
    'employeeId',
    'Employee',
    { data: { attendanceCorrections: [] }, codes: [] },
    async (employeeId, { db, own, sameIds, tenantKey }, target) => {
      if (target === own || target === sameIds) {
        await db.attendanceCorrection.create({
          data: {
            employeeId: target.ids.Employee,
            workDate: new Date('2026-03-11'),
            clockedInAt: new Date('2026-03-11T00:00:00Z'),
            reason: `Reason of ${tenantKey}`,
            status: 'REJECTED',
            decidedAt: new Date(),
          },
        });
      }
      return { employeeId };
    },
  ),
  'Query.attendanceSummary': [
    ...byId('employeeId', 'Employee', { data: { attendanceSummary: [] }, codes: [] }, (employeeId) => ({
      month: '2026-03',
      employeeId,
    })),
    ...byId('departmentId', 'Department', { data: { attendanceSummary: [] }, codes: [] }, (departmentId) => ({
      month: '2026-03',
      departmentId,
    })),
  ],
  'Mutation.clockIn': clocked,
  'Mutation.clockOut': byId(
    'employeeId',
    'Employee',
    refused('VALIDATION_FAILED'),
    (employeeId, caller) => ({ employeeId, note: note(caller) }),
    { idOf: (target) => target.employeeAtWork() },
  ),
  'Mutation.requestAttendanceCorrection': [
    ...byId('input.employeeId', 'Employee', refused('VALIDATION_FAILED'), (employeeId, caller) => ({
      input: { employeeId, reason: note(caller), ...nextDay() },
    })),
    ...byId(
      'input.attendanceRecordId',
      'AttendanceRecord',
      refused('VALIDATION_FAILED'),
      (attendanceRecordId, caller) => ({
        input: {
          attendanceRecordId,
          reason: note(caller),
          clockedInAt: '2026-01-05T00:00:00.000Z',
          clockedOutAt: '2026-01-05T08:00:00.000Z',
        },
      }),
      { idOf: (target) => target.spare('AttendanceRecord') },
    ),
  ],
  'Mutation.approveAttendanceCorrection': decided,
  'Mutation.rejectAttendanceCorrection': decided,
};
