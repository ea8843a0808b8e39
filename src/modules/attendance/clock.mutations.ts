import { builder } from '../../graphql/builder.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { attendanceRecords } from './attendance-record.service.ts';
import { AttendanceRecordType } from './attendance-record.type.ts';
import { type ClockInput, clockIn, clockOut } from './clock.service.ts';

interface ClockArguments {
  readonly employeeId?: string | null | undefined;
  readonly note?: string | null | undefined;
}

const readInput = ({ employeeId, note }: ClockArguments): ClockInput => ({
  employeeId: optionalId('Employee', employeeId, ['employeeId']),
  note,
});

const whose = 'Who it is: the global id or the UUID. Left out, it is you.';

builder.mutationField('clockIn', (t) =>
  t.field({
    type: AttendanceRecordType,
    description:
      'Begins an attendance record at this moment, by the clock of the database. Its day is the tenant’s, even if the work lasts beyond midnight. Who is at work already gets the record that is open, unchanged: repeating it does no harm. One that is open for more than 24 hours was forgotten: it is closed with the moment at which it began, to be corrected, and a new one begins. Needs `attendance:write`.',
    args: {
      employeeId: t.arg.id({ description: whose }),
      note: t.arg.string({ description: 'Anything else about it. At most 1,024 characters.' }),
    },
    authScopes: { permission: 'attendance:write' },
    grantScopes: ['reference'],
    resolve: (_root, args, context, info) => {
      const timeZone = timeZoneOf(context.tenant);
      const input = readInput(args);
      return context.write((transaction, actor) =>
        clockIn(
          { entity: attendanceRecords, transaction, actor },
          timeZone,
          input,
          selectionFor(context, info),
        ),
      );
    },
  }),
);

builder.mutationField('clockOut', (t) =>
  t.field({
    type: AttendanceRecordType,
    description:
      'Ends the open attendance record at this moment, by the clock of the database. `CONFLICT` when there is none, and when it is open for more than 24 hours: ask for a correction of that day, then. Needs `attendance:write`.',
    args: {
      employeeId: t.arg.id({ description: whose }),
      note: t.arg.string({
        description:
          'Anything else about the record, instead of what it says so far. At most 1,024 characters.',
      }),
    },
    authScopes: { permission: 'attendance:write' },
    grantScopes: ['reference'],
    resolve: (_root, args, context, info) => {
      const input = readInput(args);
      return context.write((transaction, actor) =>
        clockOut({ entity: attendanceRecords, transaction, actor }, input, selectionFor(context, info)),
      );
    },
  }),
);
