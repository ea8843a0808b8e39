import { dayAt } from '../../calendar/days.ts';
import { builder } from '../../graphql/builder.ts';
import { optionalId, parseId } from '../../graphql/global-id.ts';
import { expectedUpdatedAtArgument } from '../../graphql/optimistic-lock.ts';
import { selectionFor } from '../../graphql/selection.ts';
import { timeZoneOf } from '../../tenancy/time-zone.ts';
import { cancelLeave, type Decision, decideLeave } from './decide-leave.service.ts';
import { leaveRequests } from './leave-request.service.ts';
import { LeaveRequestType } from './leave-request.type.ts';
import { requestLeave } from './request-leave.service.ts';

const LeaveRequestInput = builder.inputType('LeaveRequestInput', {
  description: 'A request for leave.',
  fields: (t) => ({
    employeeId: t.id({
      description: 'Whose leave it is: the global id or the UUID. Left out, it is your own.',
    }),
    leaveTypeId: t.id({ required: true, description: 'The kind of leave: the global id or the UUID.' }),
    startsOn: t.field({ type: 'Date', required: true, description: 'The first day, a working day.' }),
    endsOn: t.field({
      type: 'Date',
      required: true,
      description: 'The last day, a working day of the same year.',
    }),
    startsAtNoon: t.boolean({ description: 'Whether only the afternoon of the first day is off.' }),
    endsAtNoon: t.boolean({ description: 'Whether only the morning of the last day is off.' }),
    reason: t.string({ description: 'What it is for. At most 1,024 characters.' }),
  }),
});

builder.mutationField('requestLeave', (t) =>
  t.field({
    type: LeaveRequestType,
    description:
      'Asks for leave. Weekends and holidays in between are not counted. `VALIDATION_FAILED` when the days overlap with other leave or exceed what is left. Needs `leave:write`.',
    args: { input: t.arg({ type: LeaveRequestInput, required: true, description: 'The leave.' }) },
    authScopes: { permission: 'leave:write' },
    grantScopes: ['reference'],
    resolve: (_root, { input }, context, info) => {
      const { employeeId, leaveTypeId, ...more } = input;
      const asked = {
        ...more,
        employeeId: optionalId('Employee', employeeId, ['input', 'employeeId']),
        leaveTypeId: parseId('LeaveType', leaveTypeId, ['input', 'leaveTypeId']),
      };
      return context.write((transaction, actor) =>
        requestLeave({ entity: leaveRequests, transaction, actor }, asked, selectionFor(context, info)),
      );
    },
  }),
);

interface DecisionArguments {
  readonly leaveRequestId: string;
  readonly note?: string | null | undefined;
  readonly expectedUpdatedAt?: Date | null | undefined;
}

const readDecision = ({ leaveRequestId, ...more }: DecisionArguments): Decision => ({
  id: parseId('LeaveRequest', leaveRequestId, ['leaveRequestId']),
  ...more,
});

const whoDecides =
  'For the head of the employee’s department or of one above it, and for whoever has `leave:approve`; never for oneself.';

/** Adds a mutation that decides a request. */
function decision(name: 'approveLeave' | 'rejectLeave', status: 'APPROVED' | 'REJECTED', said: string): void {
  builder.mutationField(name, (t) =>
    t.field({
      type: LeaveRequestType,
      description: `${said} ${whoDecides} \`CONFLICT\` when it is decided already.`,
      args: {
        leaveRequestId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
        note: t.arg.string({ description: 'Why. At most 1,024 characters.' }),
        expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
      },
      authScopes: { inTenant: true },
      grantScopes: ['reference'],
      resolve: (_root, args, context, info) =>
        context.write((transaction, actor) =>
          decideLeave(
            { entity: leaveRequests, transaction, actor },
            status,
            readDecision(args),
            selectionFor(context, info),
          ),
        ),
    }),
  );
}

decision(
  'approveLeave',
  'APPROVED',
  'Approves a request for leave. `CONFLICT` when fewer days are left, or the employee doesn’t work here on all of its days.',
);
decision('rejectLeave', 'REJECTED', 'Rejects a request for leave; its days are free again.');

builder.mutationField('cancelLeave', (t) =>
  t.field({
    type: LeaveRequestType,
    description:
      'Cancels a request for leave; its days are free again. Your own can be cancelled while it waits, and until it begins once it is approved. Whoever may decide it may cancel it at any time.',
    args: {
      leaveRequestId: t.arg.id({ required: true, description: 'The global id or the UUID.' }),
      note: t.arg.string({ description: 'Why. At most 1,024 characters.' }),
      expectedUpdatedAt: t.arg({ type: 'DateTime', description: expectedUpdatedAtArgument }),
    },
    authScopes: { inTenant: true },
    grantScopes: ['reference'],
    resolve: (_root, args, context, info) => {
      const today = dayAt(new Date(), timeZoneOf(context.tenant));
      return context.write((transaction, actor) =>
        cancelLeave(
          { entity: leaveRequests, transaction, actor },
          today,
          readDecision(args),
          selectionFor(context, info),
        ),
      );
    },
  }),
);
