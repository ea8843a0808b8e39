import type { TenantTransaction } from '../db/tenant-client.ts';

/**
 * What belongs to an employee belongs to the employee's user. Triggers keep it so; row scopes have to know it before a
 * row is written.
 */
export const ownedByEmployee = {
  from: 'employeeId',
  columns: async ({ transaction, changes }: EmployeesChange): Promise<{ userId?: string | null }> => {
    if (changes.employeeId === undefined) return {};
    const employee = await transaction.employee.findUnique({
      where: { id: changes.employeeId },
      select: { userId: true },
    });
    return { userId: employee?.userId ?? null };
  },
} as const;

interface EmployeesChange {
  readonly transaction: TenantTransaction;
  readonly changes: { readonly employeeId?: string };
}
