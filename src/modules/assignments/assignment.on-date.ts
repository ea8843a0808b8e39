import type { GraphQLResolveInfo } from 'graphql';
import { visibleRows } from '../../entities/row-scope.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { costsStatement } from '../../graphql/costs.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { today } from '../employees/change-employee.service.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { AssignmentType } from './assignment.type.ts';
import { findAssignmentsOn } from './assignment-on-date.service.ts';

builder.prismaObjectField(EmployeeType, 'assignmentOn', (t) =>
  t.loadable({
    type: AssignmentType,
    nullable: true,
    // Aliases may ask for different days.
    byPath: true,
    args: { date: t.arg({ type: 'Date', description: 'The day; today when it is left out.' }) },
    description:
      'Where the employee works on a day, and as what; null before they are hired and after they have left. Needs `employees:read`.',
    authScopes: { permission: 'employees:read' },
    extensions: { ...costsStatement(), ...fromRows },
    load: (
      ids: string[],
      context: Context,
      { date }: { date?: Date | null | undefined },
      info: GraphQLResolveInfo,
    ) =>
      findAssignmentsOn(
        context.db,
        date ?? today(timeZoneOf(context.tenant)),
        ids,
        visibleRows('Assignment', context.viewer, 'read'),
        selectionFor(context, info),
      ),
    resolve: ({ id }, _args, context, info) => {
      // Tells the object that it is loaded with what the client asked for: it would be loaded once more for each row.
      selectionFor(context, info);
      return id;
    },
  }),
);
