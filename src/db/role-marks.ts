import pg from 'pg';
import { z } from 'zod';

const { escapeIdentifier, escapeLiteral } = pg;

/** The start of the comment on every tenant's role, which marks it as such. */
export const tenantRoleMark = 'cxg-graphql-api tenant ';

/** The attributes of a role that may do nothing but sign in, as `CREATE ROLE` and `ALTER ROLE` name them. */
export const ordinaryRole = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

const marksSchema = z.array(z.object({ role: z.string(), mark: z.string().nullable() }));

/** Reads the marks of those roles that exist; null for an unmarked one. */
export async function readRoleMarks(
  client: pg.Client,
  roles: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await client.query(
    `SELECT rolname AS role, shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = ANY ($1)`,
    [roles],
  );
  return new Map(marksSchema.parse(rows).map(({ role, mark }) => [role, mark]));
}

/** Returns null for an unmarked role, undefined when there is no such role. */
export async function readRoleMark(client: pg.Client, role: string): Promise<string | null | undefined> {
  return (await readRoleMarks(client, [role])).get(role);
}

/** Returns the roles whose mark equals that one, or begins with it and a space. */
export async function findMarkedRoles(client: pg.Client, mark: string): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT rolname AS role, mark
     FROM pg_roles CROSS JOIN shobj_description(oid, 'pg_authid') AS mark
     WHERE mark = $1 OR starts_with(mark, $1 || ' ') ORDER BY rolname`,
    [mark],
  );
  return marksSchema.parse(rows).map(({ role }) => role);
}

/** Marks all of the roles, or none. */
export async function markRoles(client: pg.Client, roles: readonly string[], mark: string): Promise<void> {
  // One simple query is one transaction.
  await client.query(roles.map((role) => commentOnRole(role, mark)).join(';\n'));
}

/** Returns the statement that marks a role. */
export function commentOnRole(role: string, mark: string): string {
  return `COMMENT ON ROLE ${escapeIdentifier(role)} IS ${escapeLiteral(mark)}`;
}
