import { expect } from 'vitest';
import type { TenantDatabase } from '../../src/db/tenant-client.ts';
import { type AuditCase, change } from './audit-cases.ts';
import { addRow } from './entity-table.ts';

const decisions = {
  approveLeave: ['leaveRequest.approve', 'APPROVED'],
  rejectLeave: ['leaveRequest.reject', 'REJECTED'],
  cancelLeave: ['leaveRequest.cancel', 'CANCELLED'],
} as const;

/** The changes of requests for leave. */
export const leaveCases: Readonly<Record<string, (db: TenantDatabase) => Promise<AuditCase>>> = {
  requestLeave: async (db) => {
    const input = {
      employeeId: await addRow(db, 'Employee'),
      leaveTypeId: await addRow(db, 'LeaveType'),
      startsOn: '2026-03-11',
      endsOn: '2026-03-12',
    };
    return {
      query: 'mutation ($input: LeaveRequestInput!) { requestLeave(input: $input) { uuid } }',
      variables: { input },
      records: ({ data }) => [
        {
          action: 'leaveRequest.create',
          entityType: 'LeaveRequest',
          entityId: data.requestLeave.uuid,
          changes: expect.objectContaining({
            employeeId: change(null, input.employeeId),
            startsOn: change(null, '2026-03-11'),
            days: change(null, '2'),
          }),
        },
      ],
    };
  },
  ...Object.fromEntries(
    Object.entries(decisions).map(([name, [action, status]]) => [
      name,
      async (db: TenantDatabase): Promise<AuditCase> => {
        const id = await addRow(db, 'LeaveRequest');
        return {
          query: `mutation ($id: ID!) { ${name}(leaveRequestId: $id, note: "Why") { uuid } }`,
          variables: { id },
          records: () => [
            {
              action,
              entityType: 'LeaveRequest',
              entityId: id,
              changes: { status: change('PENDING', status), decisionNote: change(null, 'Why') },
            },
          ],
        };
      },
    ]),
  ),
};
