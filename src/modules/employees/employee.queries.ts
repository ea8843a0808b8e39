import { EmploymentType } from '../../generated/tenant/enums.ts';
import { byChoice, byEmptiness, byRange, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { employees } from './employee.service.ts';
import { EmployeeType } from './employee.type.ts';

entityQueries(employees, EmployeeType, {
  search: 'Only employees whose number, name or position contains this text.',
  orders: {
    NUMBER: 'number',
    NAME: 'name',
    POSITION: 'position',
    EMPLOYMENT_TYPE: 'employmentType',
    HIRED_ON: 'hiredOn',
    LEFT_ON: 'leftOn',
  },
  filters: {
    userId: byReference('userId', 'User', 'Only the employee whose account this is.'),
    departmentId: byReference('departmentId', 'Department', 'Only employees of this department.'),
    branchId: byReference('branchId', 'Branch', 'Only employees at this branch.'),
    managerId: byReference('managerId', 'Employee', 'Only employees who report to this one.'),
    employmentType: byChoice('employmentType', EmploymentType, 'Only employees with one of these.'),
    hiredOn: byRange('hiredOn', 'Only employees who were hired on these days.'),
    leftOn: byRange('leftOn', 'Only employees whose last day is one of these.'),
    staying: byEmptiness('leftOn', 'Only employees without a last day, or only the others.'),
  },
});
