import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from './datasource.ts';
import { keepMigrationsOut } from './schema-engine/schema-engine.ts';
import { withConnection } from './with-connection.ts';

/** Tables whose rows the application may add and read, but neither change nor remove. */
const appendOnlyTables = ['sys.audit_log'] as const;

/** Tables that the application may only read. */
const readOnlyTables = ['sys.tenant_marker'] as const;

const namesSchema = z.array(z.object({ name: z.string() }));

const { escapeIdentifier } = pg;

/**
 * Gives the application's role what it may do in a tenant's database, and takes everything else from it and from
 * the public. To be run after each migration; run again, it changes nothing.
 * @param owner the role that owns the database and everything in it.
 */
export async function applyApplicationPrivileges(owner: Datasource, application: string): Promise<void> {
  await withConnection(owner, async (client) => {
    await keepMigrationsOut(client);
    await grantToApplication(client, application);
  });
}

/**
 * The same on a connection that acts as the owner already, while nobody migrates the database. It takes effect at
 * once, so that no request finds the application's role without its privileges.
 */
export async function grantToApplication(client: pg.Client, application: string): Promise<void> {
  const names = async (query: string, values: unknown[] = []) =>
    namesSchema.parse((await client.query(query, values)).rows).map(({ name }) => name);
  const [database] = await names("SELECT format('%I', current_database()) AS name");
  // Prisma's record of migrations is in `public`, where the application has nothing to do.
  const schemas = await names(
    `SELECT format('%I', nspname) AS name FROM pg_namespace
     WHERE pg_get_userbyid(nspowner) = current_user AND nspname <> 'public'`,
  );
  const present = (tables: readonly string[]) =>
    names(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname || '.' || tablename = ANY ($1)`,
      [tables],
    );
  const appendOnly = await present(appendOnlyTables);
  const readOnly = await present(readOnlyTables);
  const role = escapeIdentifier(application);
  // One simple query is one transaction.
  await client.query(
    [
      `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${role}`,
      `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
      `REVOKE ALL ON SCHEMA public FROM PUBLIC, ${role}`,
      ...schemas.flatMap((schema) => [
        `REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC, ${role}`,
        `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
        `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM PUBLIC, ${role}`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
        `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema} FROM PUBLIC, ${role}`,
        `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`,
        // A new table can be used from the moment on at which its migration commits.
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE ON SEQUENCES TO ${role}`,
      ]),
      ...appendOnly.map((table) => `REVOKE UPDATE, DELETE ON ${table} FROM ${role}`),
      ...readOnly.map((table) => `REVOKE INSERT, UPDATE, DELETE ON ${table} FROM ${role}`),
    ].join(';\n'),
  );
}
