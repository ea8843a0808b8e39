import { tables } from '../generated/tables.ts';

/** The areas of a tenant's database: the PostgreSQL schemas that its migrations make. */
export const tenantSchemas: readonly string[] = [
  ...new Set(Object.values(tables).map(({ schema }) => schema)),
];
