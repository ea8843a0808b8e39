import { EmploymentType } from '../../generated/tenant/enums.ts';
import { byChoice, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { assignments } from './assignment.service.ts';
import { AssignmentType } from './assignment.type.ts';

/** The types of a page of assignments, wherever it stands. */
export const assignmentPage = entityQueries(assignments, AssignmentType, {
  search: 'Only assignments whose position contains this text.',
  orders: { STARTS_ON: 'startsOn' },
  filters: {
    employeeId: byReference('employeeId', 'Employee', 'Only assignments of this employee.'),
    departmentId: byReference('departmentId', 'Department', 'Only assignments to this department.'),
    branchId: byReference('branchId', 'Branch', 'Only assignments to this branch.'),
    managerId: byReference('managerId', 'Employee', 'Only assignments below this employee.'),
    employmentType: byChoice('employmentType', EmploymentType, 'Only assignments with one of these.'),
    startsOn: byRange('startsOn', 'Only assignments that begin on these days.'),
  },
});
