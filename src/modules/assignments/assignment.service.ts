import { defineEntity } from '../../entities/entity.ts';
import { choice, date, optionalReference, optionalText, reference } from '../../entities/fields.ts';
import { ownedByEmployee } from '../../entities/owned-by-employee.ts';
import { EmploymentType } from '../../generated/tenant/enums.ts';

/**
 * Where employees work, and as what, each from a day on until the next begins. They are history: a deleted department,
 * branch or manager stays in them.
 */
export const assignments = defineEntity('Assignment', {
  delegate: ({ assignment }) => assignment,
  label: 'position',
  search: ['position'],
  unique: { assignments_start_live_key: 'startsOn' },
  fields: {
    employeeId: reference('Employee', { description: 'The employee.' }),
    startsOn: date({ description: 'The day from which on it is so.' }),
    departmentId: optionalReference('Department', { description: 'The department.' }),
    branchId: optionalReference('Branch', { description: 'The branch.' }),
    position: optionalText(128, { description: 'The position.' }),
    employmentType: choice(EmploymentType, { description: 'How the employee is employed.' }),
    managerId: optionalReference('Employee', { description: 'Whom the employee reports to.' }),
  },
  derive: ownedByEmployee,
});
