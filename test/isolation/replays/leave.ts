import { byId, type Replays, refused } from './replay.ts';

let weeks = 0;

/** A Wednesday on which nobody is off, for each request another. */
function nextDay(): string {
  weeks++;
  return new Date(Date.UTC(2031, 0, 8 + 7 * weeks)).toISOString().slice(0, 10);
}

const asked = (more: object) => {
  const day = nextDay();
  return { input: { startsOn: day, endsOn: day, ...more } };
};

const decided = byId(
  'leaveRequestId',
  'LeaveRequest',
  refused('NOT_FOUND'),
  (leaveRequestId) => ({ leaveRequestId }),
  { idOf: (target) => target.spare('LeaveRequest') },
);

/** The replays of requests for leave, and of decisions about them. */
export const leaveReplays: Replays = {
  'Mutation.requestLeave': [
    ...byId('input.employeeId', 'Employee', refused('VALIDATION_FAILED'), (employeeId, { own }) =>
      asked({ employeeId, leaveTypeId: own.ids.LeaveType }),
    ),
    ...byId('input.leaveTypeId', 'LeaveType', refused('VALIDATION_FAILED'), (leaveTypeId, { own }) =>
      asked({ employeeId: own.ids.Employee, leaveTypeId }),
    ),
  ],
  'Mutation.approveLeave': decided,
  'Mutation.rejectLeave': decided,
  'Mutation.cancelLeave': decided,
};
