import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { TenantDatabase } from '../../src/db/tenant-client.ts';
import type { AuditCase } from './audit-cases.ts';
import { addRow } from './entity-table.ts';

const record = (action: string, entityType: 'Employee' | 'Assignment', entityId: unknown) => ({
  action,
  entityType,
  entityId: typeof entityId === 'string' ? entityId : expect.any(String),
  changes: expect.any(Object),
});

/** The changes of employees and their assignments. */
export const employeeCases: Readonly<Record<string, (db: TenantDatabase) => Promise<AuditCase>>> = {
  createEmployee: async () => ({
    query: 'mutation ($input: EmployeeCreateInput!) { createEmployee(input: $input) { uuid } }',
    variables: { input: { number: `a-${randomUUID()}`, name: 'New', hiredOn: '2026-01-02' } },
    records: ({ data }) => [
      record('employee.create', 'Employee', data.createEmployee.uuid),
      record('assignment.create', 'Assignment', null),
    ],
  }),
  updateEmployee: async (db) => {
    const id = await addRow(db, 'Employee');
    return {
      query: 'mutation ($id: ID!) { updateEmployee(employeeId: $id, input: { name: "After" }) { uuid } }',
      variables: { id },
      records: () => [record('employee.update', 'Employee', id)],
    };
  },
  deleteEmployee: async (db) => {
    const id = await addRow(db, 'Employee');
    return {
      query: 'mutation ($id: ID!) { deleteEmployee(employeeId: $id) { success } }',
      variables: { id },
      records: () => [record('employee.delete', 'Employee', id)],
    };
  },
  restoreEmployee: async (db) => {
    const id = await addRow(db, 'Employee', { deletedAt: new Date() });
    return {
      query: 'mutation ($id: ID!) { restoreEmployee(employeeId: $id) { uuid } }',
      variables: { id },
      records: () => [record('employee.restore', 'Employee', id)],
    };
  },
  assignEmployee: async (db) => {
    const id = await addRow(db, 'Employee');
    return {
      query: `mutation ($id: ID!) {
        assignEmployee(employeeId: $id, input: { startsOn: "2099-01-01", employmentType: CONTRACT }) { uuid }
      }`,
      variables: { id },
      records: () => [record('assignment.create', 'Assignment', null)],
    };
  },
  removeAssignment: async (db) => {
    const employeeId = await addRow(db, 'Employee');
    await addRow(db, 'Assignment', { employeeId, startsOn: new Date('2000-01-01') });
    const id = await addRow(db, 'Assignment', { employeeId, startsOn: new Date('2098-01-01') });
    return {
      query: 'mutation ($id: ID!) { removeAssignment(assignmentId: $id) { __typename } }',
      variables: { id },
      records: () => [record('assignment.delete', 'Assignment', id)],
    };
  },
};
