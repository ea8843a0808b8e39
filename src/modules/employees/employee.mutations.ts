import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { employees } from './employee.service.ts';
import { EmployeeType } from './employee.type.ts';

entityMutations(employees, EmployeeType, {
  delete:
    '`CONFLICT` while others report to them, or they have leave or attendance: who leaves the company gets a `leftOn` instead.',
});
