import { defineEntity } from '../../entities/entity.ts';
import {
  choice,
  code,
  date,
  initially,
  optional,
  optionalReference,
  optionalText,
  text,
} from '../../entities/fields.ts';
import { EmploymentType } from '../../generated/tenant/enums.ts';
import { checkEmployee } from './employee-rules.service.ts';

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
    departmentId: optionalReference('Department', { description: 'The department.' }),
    branchId: optionalReference('Branch', { description: 'The branch.' }),
    position: optionalText(128, { description: 'The position, e.g. `Team lead`.' }),
    employmentType: initially(
      'REGULAR',
      choice(EmploymentType, { description: 'How the person is employed.' }),
    ),
    hiredOn: date({ description: 'The first day of the employment.' }),
    leftOn: optional(date({ description: 'The last day of the employment.' })),
    managerId: optionalReference('Employee', { description: 'Whom the person reports to.' }),
  },
  // What happened to somebody can't be handed over to anybody else.
  isReplaceable: false,
  dependents: [
    { entity: 'Employee', column: 'managerId' },
    { entity: 'LeaveEntitlement', column: 'employeeId' },
    { entity: 'LeaveRequest', column: 'employeeId' },
    { entity: 'AttendanceRecord', column: 'employeeId' },
  ],
  check: checkEmployee,
});
