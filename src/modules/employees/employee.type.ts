import { EmploymentType } from '../../generated/tenant/enums.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import { contextOnly } from '../../graphql/context-only.ts';
import { entityNode } from '../../graphql/entities/entity-node.ts';
import { exposedFields } from '../../graphql/entities/exposed-fields.ts';
import { referenceId, toOne } from '../../graphql/entities/to-one.ts';
import { employees } from './employee.service.ts';

builder.enumType(EmploymentType, {
  name: 'EmploymentType',
  description: 'How somebody is employed.',
  values: {
    REGULAR: { description: 'For an unlimited time.' },
    CONTRACT: { description: 'For a limited time.' },
    PART_TIME: { description: 'For a part of the usual hours.' },
    INTERN: { description: 'To learn.' },
  },
});

export const EmployeeType = builder.prismaNode('Employee', {
  ...entityNode(employees),
  description: 'A person who works, or has worked, for the company. Needs `employees:read`.',
  fields: (t) => ({
    ...exposedFields(t, employees),
    userId: t.id(referenceId(employees, 'userId')),
    departmentId: t.id(referenceId(employees, 'departmentId')),
    branchId: t.id(referenceId(employees, 'branchId')),
    managerId: t.id(referenceId(employees, 'managerId')),
    user: t.relation('user', {
      nullable: true,
      description: 'The person’s account. Needs `users:read`, unless it is you.',
    }),
    department: t.relation('department', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The department.',
    }),
    branch: t.relation('branch', {
      nullable: true,
      grantScopes: ['reference'],
      description: 'The branch.',
    }),
  }),
});

const manager = toOne('Employee');

builder.prismaObjectField(EmployeeType, 'manager', (t) =>
  t.field({
    type: EmployeeType,
    nullable: true,
    description: 'Whom the person reports to; null when they do not exist for you.',
    extensions: { ...contextOnly, ...fromRows },
    select: (_args, _context, nestedSelection) => ({
      manager: nestedSelection({ select: manager.columns }),
    }),
    resolve: (employee, _args, context) => manager.visible(employee.manager, context),
  }),
);
