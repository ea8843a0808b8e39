import { z } from 'zod';
import { foldedName, within } from '../db/text-forms.ts';

const pattern = /^[a-z][a-z0-9_]{2,30}$/;

/** Returns whether a text is a tenant's key exactly as it is stored and as tokens contain it. */
export function isTenantKey(text: string): boolean {
  return pattern.test(text);
}

/** A tenant's key as people type it, folded like usernames. */
export const typedTenantKeySchema = z.string().overwrite(within(64, foldedName));

/** A tenant's key: how clients, tokens and operators name it. It is also part of database and role names. */
export const tenantKeySchema = typedTenantKeySchema.regex(pattern, 'field.tenantKey');
