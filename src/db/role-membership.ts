import pg from 'pg';

/**
 * An administrator who is no superuser can only make databases for roles that it may become, and hand over what
 * belongs to such. Making the role was not enough for that: since PostgreSQL 16 it gives the right to administer
 * it and no more.
 */
export async function letAdministratorActFor(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ may: boolean }>(
    'SELECT rolsuper OR rolname = $1 AS may FROM pg_roles WHERE rolname = current_user',
    [role],
  );
  if (!rows[0]?.may) await client.query(`GRANT ${pg.escapeIdentifier(role)} TO CURRENT_USER`);
}
