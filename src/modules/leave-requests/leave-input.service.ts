import { z } from 'zod';
import { linesSchema } from '../../db/text.ts';
import { leaveYears } from '../leave-entitlements/leave-entitlement.service.ts';

const [firstYear, lastYear] = leaveYears;

const daySchema = z
  .date()
  .min(new Date(Date.UTC(firstYear, 0, 1)), 'field.leaveDay')
  .max(new Date(Date.UTC(lastYear, 11, 31)), 'field.leaveDay');

/** What somebody asks for, as the API takes it. */
export const leaveInputSchema = z.object({
  employeeId: z.uuid().nullish(),
  leaveTypeId: z.uuid(),
  startsOn: daySchema,
  endsOn: daySchema,
  startsAtNoon: z.boolean().nullish(),
  endsAtNoon: z.boolean().nullish(),
  reason: linesSchema(1024).nullish(),
});

/** What somebody asks for. */
export type LeaveInput = z.output<typeof leaveInputSchema>;

/** What somebody says about a decision. */
export const decisionNoteSchema = linesSchema(1024).nullish();
