import { builder } from '../../graphql/builder.ts';
import { resolveListConnection } from '../../graphql/connections.ts';
import { parseId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { departmentFilter, findLiveDepartment } from './department.service.ts';
import { DepartmentType } from './department.type.ts';

builder.queryField('department', (t) =>
  t.field({
    type: DepartmentType,
    nullable: true,
    description: 'One department; null when there is none of that id. Needs `departments:read`.',
    args: { departmentId: t.arg.id({ required: true, description: 'The global id or the UUID.' }) },
    authScopes: { permission: 'departments:read' },
    resolve: (_root, { departmentId }, context, info) =>
      findLiveDepartment(
        context.db,
        parseId('Department', departmentId, ['departmentId']),
        selectionFor(context, info),
      ),
  }),
);

builder.queryField('departments', (t) =>
  t.connection(
    {
      type: DepartmentType,
      description: 'The departments, newest first. Needs `departments:read`.',
      args: {
        search: t.arg.string({ description: 'Only departments whose code or name contains this text.' }),
      },
      authScopes: { permission: 'departments:read' },
      resolve: (_root, args, context, info) => {
        const filter = departmentFilter(args.search);
        return resolveListConnection('departments', args, context, {
          findMany: ({ where, ...page }) =>
            context.db.department.findMany({
              ...selectionFor(context, info, ['edges', 'node']),
              ...page,
              where: { ...filter, ...where },
            }),
          count: () => context.db.department.count({ where: filter }),
        });
      },
    },
    { name: 'DepartmentConnection', description: 'One page of departments.' },
    { name: 'DepartmentEdge', description: 'One department in a page.' },
  ),
);
