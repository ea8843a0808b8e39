import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { toOne } from '../../graphql/entities/to-one.ts';
import { UserType } from '../users/user.type.ts';
import { EmployeeType } from './employee.type.ts';

const employee = toOne('Employee');

builder.prismaObjectField(UserType, 'employee', (t) =>
  t.field({
    type: EmployeeType,
    nullable: true,
    description: 'The employee whose account it is; null when there is none, or they do not exist for you.',
    extensions: { ...contextOnly, ...fromRows },
    select: (_args, _context, nestedSelection) => ({
      employees: {
        ...nestedSelection({ select: employee.columns }),
        where: { deletedAt: null },
        take: 1,
      },
    }),
    resolve: (user, _args, context) => employee.visible(user.employees[0] ?? null, context),
  }),
);
