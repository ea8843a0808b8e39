import { z } from 'zod';
import { emailSchema } from '../../auth/email-addresses.ts';
import { passwordSchema } from '../../auth/password.ts';
import { usernameSchema } from '../../auth/usernames.ts';
import { phoneSchema, textSchema } from '../../db/text.ts';

/** The fields of a new user. */
export const createUserSchema = z.object({
  username: usernameSchema,
  email: emailSchema,
  password: passwordSchema,
  fullName: textSchema(128),
  phone: phoneSchema.nullish(),
  position: textSchema(128).nullish(),
  departmentId: z.uuid().nullish(),
  roleId: z.uuid().nullish(),
  branchId: z.uuid().nullish(),
});
