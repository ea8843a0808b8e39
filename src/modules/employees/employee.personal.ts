import { sealedObject } from '../../graphql/entities/sealed-object.ts';
import { employees } from './employee.service.ts';

sealedObject(employees, {
  type: 'EmployeePersonalData',
  typeDescription:
    'The personal data of an employee, encrypted in the database. In clear with `employees:sensitive`, or when it is your own, and then recorded in the audit log; masked otherwise.',
  field: 'personal',
  fieldDescription:
    'The personal data; null unless you may read the employee, or are them. Select only what you show: each reading in clear is recorded.',
});
