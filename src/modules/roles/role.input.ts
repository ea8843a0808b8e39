import { z } from 'zod';
import { rowScopeSchema } from '../../auth/row-scopes.ts';
import { codedChanges, codedFields } from '../../db/coded-rows.ts';
import { textSchema } from '../../db/text.ts';

const permissionsSchema = z.array(textSchema(64)).max(200);
const scopesSchema = z.array(z.object({ permission: textSchema(64), scope: rowScopeSchema })).max(200);

/** The fields of a new role. */
export const createRoleSchema = z.object({
  ...codedFields,
  description: textSchema(1024).nullish(),
  permissions: permissionsSchema,
  scopes: scopesSchema.nullish(),
});

/** The changes to a role. An absent field stays as it is, and null clears a nullable one. */
export const updateRoleSchema = z.object({
  ...codedChanges,
  description: textSchema(1024).nullable().exactOptional(),
  permissions: permissionsSchema.exactOptional(),
  scopes: scopesSchema.exactOptional(),
});
