import { z } from 'zod';
import { parseInput } from '../../errors/index.ts';
import { fromRows } from '../../graphql/answer-sources.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { costsStatement } from '../../graphql/costs.ts';
import { encodeGlobalId } from '../../graphql/global-id.ts';
import { EmployeeType } from '../employees/employee.type.ts';
import { type LeaveBalance, readBalances } from './leave-balance.service.ts';
import { leaveYears } from './leave-entitlement.service.ts';

const yearSchema = z.int().min(leaveYears[0]).max(leaveYears[1]);

const LeaveBalanceType = builder.objectRef<LeaveBalance>('LeaveBalance').implement({
  description: 'The days of one kind of leave that an employee has in a year.',
  authScopes: { permission: 'leaveEntitlements:read' },
  fields: (t) => ({
    leaveTypeId: t.id({
      description: 'The global id of the kind of leave.',
      extensions: fromRows,
      resolve: ({ leaveTypeId }) => encodeGlobalId('LeaveType', leaveTypeId),
    }),
    year: t.exposeInt('year', { description: 'The calendar year.' }),
    days: t.expose('days', { type: 'Decimal', description: 'The days of that year.' }),
    carriedOverDays: t.expose('carriedOverDays', {
      type: 'Decimal',
      description: 'The days from the year before, on top of these.',
    }),
    approvedDays: t.expose('approvedDays', {
      type: 'Decimal',
      description: 'The days of requests that were approved.',
    }),
    pendingDays: t.expose('pendingDays', {
      type: 'Decimal',
      description: 'The days of requests that nobody has decided.',
    }),
    remainingDays: t.expose('remainingDays', {
      type: 'Decimal',
      description: 'The days that are left; less than none where an entitlement was lowered afterwards.',
    }),
  }),
});

builder.prismaObjectField(EmployeeType, 'leaveBalances', (t) =>
  t.loadableList({
    type: LeaveBalanceType,
    description:
      'The days of leave in a year, by the code of its kind. Needs `leaveEntitlements:read`, and shows what its scope reaches.',
    args: { year: t.arg.int({ required: true, description: 'The calendar year, from 1900 to 2999.' }) },
    authScopes: { permission: 'leaveEntitlements:read' },
    extensions: { ...costsStatement(), ...fromRows, pothosPrismaSelect: { id: true } },
    byPath: true,
    load: (ids: string[], context: Context, { year }) => readBalances(context.db, context.viewer, ids, year),
    resolve: ({ id }, { year }) => {
      parseInput(yearSchema, year, ['year']);
      return id;
    },
  }),
);
