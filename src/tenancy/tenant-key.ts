import { z } from 'zod';

/** A tenant's key: how clients, tokens and operators name it. It is also part of database and role names. */
export const tenantKeySchema = z.string().regex(/^[a-z][a-z0-9_]{2,30}$/, 'field.tenantKey');
