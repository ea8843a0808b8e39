import { z } from 'zod';
import { codedChanges, codedFields } from '../../db/coded-rows.ts';
import { phoneSchema, textSchema } from '../../db/text.ts';

/** What a new branch may be given. */
export const createBranchSchema = z.object({
  ...codedFields,
  address: textSchema(512).nullish(),
  phone: phoneSchema.nullish(),
});

/** What of a branch may be changed. Absent leaves a field as it is, null clears it where it may be empty. */
export const updateBranchSchema = z.object({
  ...codedChanges,
  address: textSchema(512).nullable().exactOptional(),
  phone: phoneSchema.nullable().exactOptional(),
  isActive: z.boolean().exactOptional(),
});
