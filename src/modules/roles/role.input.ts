import { z } from 'zod';
import { rowScopeSchema } from '../../auth/row-scopes.ts';
import { textSchema } from '../../db/text.ts';

const permissionsSchema = z.array(textSchema(64)).max(200);
const scopesSchema = z.array(z.object({ permission: textSchema(64), scope: rowScopeSchema })).max(200);

/** The permissions that a new role is to grant. */
export const createGrantsSchema = z.object({
  permissions: permissionsSchema,
  scopes: scopesSchema.nullish(),
});

/** The permissions that a role is to grant from now on. Absent leaves them as they are. */
export const updateGrantsSchema = z.object({
  permissions: permissionsSchema.exactOptional(),
  scopes: scopesSchema.exactOptional(),
});
