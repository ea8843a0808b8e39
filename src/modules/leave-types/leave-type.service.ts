import { defineEntity } from '../../entities/entity.ts';
import { code, decimal, initially, optional, optionalText, text, toggle } from '../../entities/fields.ts';
import { message } from '../../errors/index.ts';

/** The kinds of leave. */
export const leaveTypes = defineEntity('LeaveType', {
  delegate: ({ leaveType }) => leaveType,
  label: 'name',
  search: ['code', 'name'],
  unique: { leave_types_code_live_key: 'code', leave_types_annual_live_key: 'isAnnual' },
  uniqueWords: { leave_types_annual_live_key: 'role of annual leave' },
  fields: {
    code: code({ description: 'The short name for programs, e.g. `ANNUAL`.' }),
    name: text(128, { description: 'The name for people.' }),
    description: optionalText(1024, { description: 'When somebody may take it.' }),
    isPaid: initially(true, toggle(true, { description: 'Whether it is paid.' })),
    isAnnual: initially(
      false,
      toggle(false, {
        description:
          'Whether it is annual leave, which the law gives by length of service. One kind of leave is.',
      }),
    ),
    isLimited: initially(
      true,
      toggle(true, { description: 'Whether a request needs an entitlement with as many days left.' }),
    ),
    isActive: toggle(true, { description: 'Whether it can be asked for.' }),
    maxCarryOverDays: optional(
      decimal(5, 1, {
        minimum: 0,
        step: 0.5,
        description: 'How many days of a year can be taken in the next; all of them when it is empty.',
      }),
    ),
  },
  // An employee has one entitlement to each in a year, so that another one may have no room for them.
  isReplaceable: false,
  insteadOfDeletion: message('conflict.deactivate'),
  dependents: [
    { entity: 'LeaveEntitlement', column: 'leaveTypeId' },
    { entity: 'LeaveRequest', column: 'leaveTypeId' },
  ],
});
