import { z } from 'zod';
import { passwordSchema } from '../../auth/password.ts';
import { usernameSchema } from '../../auth/usernames.ts';

/** What a new user signs in with. */
export const credentialsSchema = z.object({ username: usernameSchema, password: passwordSchema });
