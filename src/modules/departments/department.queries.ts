import { byEmptiness, byReference } from '../../graphql/entities/entity-filters.ts';
import { entityQueries } from '../../graphql/entities/entity-queries.ts';
import { departments } from './department.service.ts';
import { DepartmentType } from './department.type.ts';

/** The types of a page of departments, wherever it stands. */
export const departmentPage = entityQueries(departments, DepartmentType, {
  search: 'Only departments whose code or name contains this text.',
  orders: { CODE: 'code', NAME: 'name' },
  filters: {
    parentId: byReference('parentId', 'Department', 'Only departments right below this one.'),
    headId: byReference('headId', 'User', 'Only departments that this user leads.'),
    topLevel: byEmptiness('parentId', 'Only departments with none above, or only the others.'),
  },
});
