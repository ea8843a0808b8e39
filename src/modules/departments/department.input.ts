import { z } from 'zod';
import { codedChanges, codedFields } from '../../db/coded-rows.ts';
import { textSchema } from '../../db/text.ts';

/** What a new department may be given. */
export const createDepartmentSchema = z.object({
  ...codedFields,
  description: textSchema(1024).nullish(),
  parentId: z.uuid().nullish(),
});

/** What of a department may be changed. Absent leaves a field as it is, null clears it where it may be empty. */
export const updateDepartmentSchema = z.object({
  ...codedChanges,
  description: textSchema(1024).nullable().exactOptional(),
  parentId: z.uuid().nullable().exactOptional(),
});
