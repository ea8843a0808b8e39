import {
  creationMutation,
  deletionMutation,
  restorationMutation,
  updateMutation,
} from '../../graphql/entities/entity-mutations.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { createEmployee, restoreEmployee, updateEmployee } from './change-employee.service.ts';
import { employees } from './employee.service.ts';
import { EmployeeType } from './employee.type.ts';

const access =
  'The access of the person’s account ends with their last day, and comes back when that is cleared; an account that is unlinked keeps its end, and gets access back by another employee only with `users:write`. `FORBIDDEN` for an account with more permissions than yours. An administrator whose access doesn’t end always remains (`LAST_ADMINISTRATOR`).';

creationMutation(employees, EmployeeType, {
  note: `The first assignment begins on the first day. ${access}`,
  run: (on, input, selection, _isOn, { tenant }) => createEmployee(on, input, timeZoneOf(tenant), selection),
});

updateMutation(employees, EmployeeType, {
  note: `Where they work, and as what, is changed by \`assignEmployee\`. Nobody changes the account of their own employee. ${access}`,
  run: (on, id, input, expectedUpdatedAt, selection, { tenant }) =>
    updateEmployee(on, id, input, expectedUpdatedAt, timeZoneOf(tenant), selection),
});

deletionMutation(
  employees,
  '`CONFLICT` while others report to them, or they have leave or attendance: who leaves the company gets a `leftOn` instead. Nobody deletes their own. The access of the account stays as it is.',
);

restorationMutation(employees, EmployeeType, {
  run: (on, id, path, selection, { tenant }) => restoreEmployee(on, id, path, timeZoneOf(tenant), selection),
});
