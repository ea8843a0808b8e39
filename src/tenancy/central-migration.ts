import pg from 'pg';
import { applyApplicationPrivileges, centralTables, closeToPublic } from '../db/application-privileges.ts';
import { checkCentralRoles } from '../db/central-roles.ts';
import type { Datasource } from '../db/datasource.ts';
import { administer } from '../db/roles-and-databases.ts';
import { applyMigrations } from '../db/schema-engine/schema-engine.ts';
import { withConnection } from '../db/with-connection.ts';
import { centralMigrationsFolder } from './tenant-migrations.ts';

const undefinedDatabase = '3D000';

/**
 * Brings the central database to the newest schema, and its application's role to its privileges; makes the
 * database when there is none. Run again, it changes nothing.
 * @param owner the role that owns the database.
 * @param application who servers and scripts sign in as. When that is the owner, only a trigger keeps it from
 * changing the audit log.
 * @returns the migrations that were applied now.
 * @throws {CentralRolesError} before anything has changed, when the application's role is missing or not below the
 * owner.
 */
export async function migrateCentralDatabase(owner: Datasource, application: string): Promise<string[]> {
  await ensureDatabase(owner);
  await checkCentralRoles(owner, application);
  const { applied } = await applyMigrations(owner, centralMigrationsFolder);
  if (application === owner.user) await closeToPublic(owner, centralTables);
  else await applyApplicationPrivileges(owner, application, centralTables);
  return applied;
}

async function ensureDatabase(owner: Datasource): Promise<void> {
  try {
    await withConnection(owner, async () => undefined);
  } catch (error) {
    // Whoever may not connect to a database can't make it either.
    if (!(error instanceof pg.DatabaseError && error.code === undefinedDatabase)) return;
    await administer({ ...owner, database: 'postgres' }, (server) =>
      server.ensureDatabase(owner.database, owner.user),
    );
  }
}
