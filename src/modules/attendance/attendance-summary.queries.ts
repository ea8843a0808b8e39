import { fromOutside } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { countsAs, scanCost, statementCost } from '../../graphql/costs.ts';
import { toOne } from '../../graphql/entities/to-one.ts';
import { optionalId } from '../../graphql/global-id.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { workingHoursOf } from '../../tenancy/working-hours.ts';
import { sumUpAttendance } from './attendance-summary.service.ts';
import { AttendanceSummaryType } from './attendance-summary.type.ts';

const employee = toOne('Employee');

builder.queryField('attendanceSummary', (t) =>
  t.field({
    type: [AttendanceSummaryType],
    // Today is not absent yet, and settings are no rows. A page of employees stands for all of them in the cost.
    extensions: { ...fromOutside, ...countsAs(100), costsOnce: scanCost + 2 * statementCost },
    description:
      'A month of each employee, summed up: of those whose attendance you may read and, if you lead a department, of those in it and below. In the order of their numbers. `VALIDATION_FAILED` when there are more than 500: choose a department then. Needs `attendance:read`.',
    args: {
      month: t.arg.string({ required: true, description: 'The month, such as `2026-11`.' }),
      employeeId: t.arg.id({ description: 'Only this employee: the global id or the UUID.' }),
      departmentId: t.arg.id({
        description: 'Only employees in this department and below: the global id or the UUID.',
      }),
    },
    authScopes: { permission: 'attendance:read' },
    resolve: async (_root, { month, ...args }, context, info) => {
      const { db, viewer, tenant } = context;
      const time = { timeZone: timeZoneOf(tenant), ...workingHoursOf(tenant) };
      const sums = await sumUpAttendance(db, viewer, time, {
        month,
        employeeId: optionalId('Employee', args.employeeId, ['employeeId']),
        departmentId: optionalId('Department', args.departmentId, ['departmentId']),
      });
      const found = await db.employee.findMany({
        ...selectionFor(context, info, ['employee'], Object.keys(employee.columns)),
        where: { id: { in: sums.map(({ employeeId }) => employeeId) } },
      });
      const byId = new Map(found.map((row) => [row.id, row]));
      return sums.map((sum) => ({
        ...sum,
        employee: employee.visible(byId.get(sum.employeeId) ?? null, context),
      }));
    },
  }),
);
