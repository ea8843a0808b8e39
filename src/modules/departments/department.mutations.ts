import { entityMutations } from '../../graphql/entities/entity-mutations.ts';
import { departments } from './department.service.ts';
import { DepartmentType } from './department.type.ts';

entityMutations(departments, DepartmentType, {
  delete:
    '`CONFLICT` while it has users, employees or departments below it: move them first, or name a department in `reassignTo`.',
  restore: 'It comes back at the top when the department above is gone, or stands below it by now.',
});
