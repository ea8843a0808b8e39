import { defineEntity } from '../../entities/entity.ts';
import {
  choice,
  code,
  date,
  fixed,
  initially,
  optional,
  optionalReference,
  optionalText,
  text,
} from '../../entities/fields.ts';
import { message } from '../../errors/index.ts';
import { EmploymentType } from '../../generated/tenant/enums.ts';
import { checkEmployee, guardEmployee } from './employee-rules.service.ts';
import { personalData } from './personal-data.service.ts';

/** The people who work, or have worked, for the company. */
export const employees = defineEntity('Employee', {
  delegate: ({ employee }) => employee,
  label: 'name',
  search: ['number', 'name', 'position'],
  unique: { employees_number_live_key: 'number', employees_user_live_key: 'userId' },
  fields: {
    number: code({ description: 'The personnel number, e.g. `2026-014`.' }),
    name: text(128, { description: 'The person’s name.' }),
    userId: optionalReference('User', {
      description: 'The person’s account, which their leave and their attendance belong to as well.',
    }),
    departmentId: fixed(optionalReference('Department', { description: 'The department today.' })),
    branchId: fixed(optionalReference('Branch', { description: 'The branch today.' })),
    position: fixed(optionalText(128, { description: 'The position today, e.g. `Team lead`.' })),
    employmentType: fixed(
      initially('REGULAR', choice(EmploymentType, { description: 'How the person is employed today.' })),
    ),
    hiredOn: date({ description: 'The first day of the employment.' }),
    leftOn: optional(
      date({
        description: 'The last day of the employment. From the next on, the person’s account can’t sign in.',
      }),
    ),
    managerId: fixed(optionalReference('Employee', { description: 'Whom the person reports to today.' })),
  },
  sealed: personalData,
  // Whom it belongs to, where it stands and when it ends decides who may do what.
  isIdentity: true,
  // What happened to somebody can't be handed over to anybody else.
  isReplaceable: false,
  insteadOfDeletion: message('conflict.setLastDay'),
  dependents: [
    { entity: 'Employee', column: 'managerId' },
    { entity: 'LeaveEntitlement', column: 'employeeId' },
    { entity: 'LeaveRequest', column: 'employeeId' },
    { entity: 'AttendanceRecord', column: 'employeeId' },
  ],
  guard: guardEmployee,
  check: checkEmployee,
});
