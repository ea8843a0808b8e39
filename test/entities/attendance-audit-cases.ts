import { expect } from 'vitest';
import type { TenantDatabase } from '../../src/db/tenant-client.ts';
import type { AuditCase } from './audit-cases.ts';
import { addRow } from './entity-table.ts';

const times = {
  workDate: '2026-03-11',
  clockedInAt: '2026-03-11T00:00:00.000Z',
  clockedOutAt: '2026-03-11T09:00:00.000Z',
};

const clocked = (name: string, action: string) => async (db: TenantDatabase) => {
  const employeeId = await addRow(db, 'Employee');
  if (name === 'clockOut') await addRow(db, 'AttendanceRecord', { employeeId, clockedInAt: new Date() });
  return {
    query: `mutation ($id: ID) { ${name}(employeeId: $id) { uuid } }`,
    variables: { id: employeeId },
    records: ({ data }) => [
      {
        action,
        entityType: 'AttendanceRecord',
        entityId: data[name].uuid,
        changes: expect.any(Object),
      },
    ],
  } satisfies AuditCase;
};

const decided = (name: string) => async (db: TenantDatabase) => {
  const employeeId = await addRow(db, 'Employee');
  const recordId = await addRow(db, 'AttendanceRecord', { employeeId });
  const { id } = await db.attendanceCorrection.create({
    data: {
      employeeId,
      recordId,
      workDate: new Date('2026-01-05'),
      clockedInAt: new Date('2026-01-05T00:30:00Z'),
      clockedOutAt: new Date('2026-01-05T09:00:00Z'),
      reason: 'Forgotten',
    },
  });
  return {
    query: `mutation ($id: ID!) { ${name}AttendanceCorrection(attendanceCorrectionId: $id) { id } }`,
    variables: { id },
    records: () => [
      {
        action: `attendanceRecord.${name}_correction`,
        entityType: 'AttendanceRecord',
        entityId: recordId,
        changes: expect.any(Object),
      },
    ],
  } satisfies AuditCase;
};

/** The changes of attendance. */
export const attendanceCases: Readonly<Record<string, (db: TenantDatabase) => Promise<AuditCase>>> = {
  clockIn: clocked('clockIn', 'attendanceRecord.create'),
  clockOut: clocked('clockOut', 'attendanceRecord.update'),
  requestAttendanceCorrection: async (db) => {
    const employeeId = await addRow(db, 'Employee');
    const recordId = await addRow(db, 'AttendanceRecord', { employeeId });
    const { workDate: _given, ...asked } = times;
    return {
      query:
        'mutation ($input: AttendanceCorrectionInput!) { requestAttendanceCorrection(input: $input) { id } }',
      variables: { input: { ...asked, attendanceRecordId: recordId, reason: 'Forgotten' } },
      records: () => [
        {
          action: 'attendanceRecord.request_correction',
          entityType: 'AttendanceRecord',
          entityId: recordId,
          changes: expect.any(Object),
        },
      ],
    };
  },
  approveAttendanceCorrection: decided('approve'),
  rejectAttendanceCorrection: decided('reject'),
};
