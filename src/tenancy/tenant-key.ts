import { z } from 'zod';
import { foldedName, within } from '../db/text-forms.ts';

const pattern = /^[a-z][a-z0-9_]{2,30}$/;

/** Whether a text is the key of a tenant as it is kept, and as tokens have it: letter for letter. */
export function isTenantKey(text: string): boolean {
  return pattern.test(text);
}

/** A tenant's key as people type it, folded as usernames are. */
export const typedTenantKeySchema = z.string().overwrite(within(64, foldedName));

/** A tenant's key: how clients, tokens and operators name it. It is also part of database and role names. */
export const tenantKeySchema = typedTenantKeySchema.regex(pattern, 'field.tenantKey');
