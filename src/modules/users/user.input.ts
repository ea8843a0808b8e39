import { z } from 'zod';
import { passwordSchema } from '../../auth/password.ts';
import { usernameSchema } from '../../auth/usernames.ts';

/** The credentials of a new user. */
export const credentialsSchema = z.object({ username: usernameSchema, password: passwordSchema });
