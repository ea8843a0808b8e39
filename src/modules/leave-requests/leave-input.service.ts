import { z } from 'zod';
import { textSchema } from '../../db/text.ts';

/** What somebody asks for, as the API takes it. */
export const leaveInputSchema = z.object({
  employeeId: z.uuid().nullish(),
  leaveTypeId: z.uuid(),
  startsOn: z.date(),
  endsOn: z.date(),
  startsAtNoon: z.boolean().nullish(),
  endsAtNoon: z.boolean().nullish(),
  reason: textSchema(1024).nullish(),
});

/** What somebody asks for. */
export type LeaveInput = z.output<typeof leaveInputSchema>;

/** What somebody says about a decision. */
export const decisionNoteSchema = textSchema(1024).nullish();
