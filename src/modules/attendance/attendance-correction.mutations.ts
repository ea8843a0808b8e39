import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { AttendanceCorrectionType } from './attendance-correction.type.ts';
import { decideCorrection } from './decide-correction.service.ts';
import { requestCorrection } from './request-correction.service.ts';

const AttendanceCorrectionInput = builder.inputType('AttendanceCorrectionInput', {
  description:
    'What an attendance record is to say. Name either the record, or a day on which none was made.',
  fields: (t) => ({
    attendanceRecordId: t.id({ description: 'The record: the global id or the UUID.' }),
    employeeId: t.id({
      description:
        'Whose day it is, if there is no record: the global id or the UUID. Left out, it is your own.',
    }),
    workDate: t.field({
      type: 'Date',
      description: 'The forgotten day, in the tenant’s time zone: the one on which the work began.',
    }),
    clockedInAt: t.field({ type: 'DateTime', required: true, description: 'When the employee came.' }),
    clockedOutAt: t.field({
      type: 'DateTime',
      description:
        'When they left, at most 24 hours later. It can be left out for a record that has been open for at most 24 hours, and stays as it is.',
    }),
    reason: t.string({ required: true, description: 'Why. At most 1,024 characters.' }),
  }),
});

builder.mutationField('requestAttendanceCorrection', (t) =>
  t.field({
    type: AttendanceCorrectionType,
    description:
      'Asks for an attendance record to be corrected, or for one that was forgotten to be added. Nothing changes before it is approved. `CONFLICT` while another correction of the same waits. Needs `attendance:write`.',
    args: {
      input: t.arg({ type: AttendanceCorrectionInput, required: true, description: 'The correction.' }),
    },
    authScopes: { permission: 'attendance:write' },
    grantScopes: ['reference'],
    resolve: (_root, { input }, context, info) => {
      const timeZone = timeZoneOf(context.tenant);
      const { attendanceRecordId, employeeId, ...more } = input;
      const asked = {
        ...more,
        attendanceRecordId: optionalId('AttendanceRecord', attendanceRecordId, [
          'input',
          'attendanceRecordId',
        ]),
        employeeId: optionalId('Employee', employeeId, ['input', 'employeeId']),
      };
      return context.write((transaction, actor) =>
        requestCorrection({ transaction, actor }, timeZone, asked, selectionFor(context, info)),
      );
    },
  }),
);

/** Adds a mutation that decides a correction. */
function decision(
  name: 'approveAttendanceCorrection' | 'rejectAttendanceCorrection',
  status: 'APPROVED' | 'REJECTED',
  said: string,
): void {
  builder.mutationField(name, (t) =>
    t.field({
      type: AttendanceCorrectionType,
      description: `${said} For the head of the employee’s department or of one above it, and for whoever has \`attendance:approve\`; never for oneself. \`CONFLICT\` when it is decided already.`,
      args: {
        attendanceCorrectionId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
        note: t.arg.string({ description: 'Why. At most 1,024 characters.' }),
      },
      authScopes: { inTenant: true },
      grantScopes: ['reference'],
      resolve: (_root, { attendanceCorrectionId, note }, context, info) => {
        const id = parseId('AttendanceCorrection', attendanceCorrectionId, ['attendanceCorrectionId']);
        return context.write((transaction, actor) =>
          decideCorrection({ transaction, actor }, status, { id, note }, selectionFor(context, info)),
        );
      },
    }),
  );
}

decision(
  'approveAttendanceCorrection',
  'APPROVED',
  'Approves a correction of attendance: the record is changed, or added. `CONFLICT` when it no longer fits the employee’s records or employment.',
);
decision('rejectAttendanceCorrection', 'REJECTED', 'Rejects a correction of attendance.');
