import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { nestedList } from '../../graphql/entities/nested-list.ts';
import { departmentPage } from './department.queries.ts';
import { departments } from './department.service.ts';
import { DepartmentType } from './department.type.ts';

const children = nestedList(departments, 'children', 'name');

builder.prismaObjectField(DepartmentType, 'children', (t) =>
  t.connection(
    {
      type: DepartmentType,
      extensions: fromRows,
      description: 'The departments right below, by name. Needs `departments:read`.',
      authScopes: { permission: 'departments:read' },
      select: (args, context, nestedSelection) => ({
        children: {
          ...nestedSelection({ select: { id: true, name: true } }, ['edges', 'node']),
          ...children.page(args, context),
        },
        _count: { select: { children: children.all(context) } },
      }),
      resolve: (department, args, context, info) =>
        children.resolve(args, info, context, {
          rows: department.children,
          count: department._count.children,
        }),
    },
    departmentPage.connection,
    departmentPage.edge,
  ),
);
