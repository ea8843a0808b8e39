import { defineEntity } from '../../entities/entity.ts';
import { decimal, initially, integer, optionalLines, reference, toggle } from '../../entities/fields.ts';
import { ownedByEmployee } from '../../entities/owned-by-employee.ts';
import { Prisma } from '../../generated/tenant/client.ts';

/** The first and the last year in which leave can be taken. */
export const leaveYears = [1900, 2999] as const;

/** The days of leave that employees may take in a year. */
export const leaveEntitlements = defineEntity('LeaveEntitlement', {
  delegate: ({ leaveEntitlement }) => leaveEntitlement,
  label: 'note',
  search: ['note'],
  unique: { leave_entitlements_live_key: 'leaveTypeId' },
  uniqueWords: { leave_entitlements_live_key: 'combination of employee, kind of leave and year' },
  fields: {
    employeeId: reference('Employee', { description: 'The employee.' }),
    leaveTypeId: reference('LeaveType', { description: 'The kind of leave.' }),
    year: integer(...leaveYears, { description: 'The calendar year.' }),
    days: decimal(5, 1, { minimum: 0, step: 0.5, description: 'The days of that year.' }),
    carriedOverDays: initially(
      new Prisma.Decimal(0),
      decimal(5, 1, {
        minimum: 0,
        step: 0.5,
        description: 'The days from the year before, on top of these.',
      }),
    ),
    note: optionalLines(1024, { description: 'Why there are so many.' }),
    isOverridden: initially(
      true,
      toggle(true, { description: 'Whether somebody has set the days: they are not computed anew.' }),
    ),
  },
  derive: ownedByEmployee,
});
