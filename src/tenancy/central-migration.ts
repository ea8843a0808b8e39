import pg from 'pg';
import { z } from 'zod';
import { changesBetween } from '../audit/audit-entry.ts';
import { type Datasource, datasourceUrl } from '../config/datasource.ts';
import { applyApplicationPrivileges, centralTables, closeToPublic } from '../db/application-privileges.ts';
import { createCentralClient } from '../db/central-client.ts';
import { checkCentralRoles } from '../db/central-roles.ts';
import { assertCollations, MissingCollationError } from '../db/collations.ts';
import { closingPublicSchema, mayCreateInPublic } from '../db/public-privileges.ts';
import { administer, assertUtf8, DatabaseEncodingError } from '../db/roles-and-databases.ts';
import { applyMigrations } from '../db/schema-engine.ts';
import { withConnection } from '../db/with-connection.ts';
import { type Operator, recordOperation } from './operator.ts';
import { centralMigrationsFolder } from './tenant-migrations.ts';

const undefinedDatabase = '3D000';

/**
 * Brings the central database to the newest schema, and its application's role to its privileges; makes the
 * database when there is none. Run again, it changes nothing.
 * @param owner the role that owns the database.
 * @param application who servers and scripts sign in as. When that is the owner, only a trigger keeps it from
 * changing the audit log.
 * @param operator whoever runs it, as named in the central audit log; if omitted, nothing is recorded.
 * @returns the migrations that were applied now.
 * @throws {DatabaseEncodingError} before anything has changed, when the database can't hold every character.
 * @throws {MissingCollationError} before anything has changed, when the server can't order names.
 * @throws {CentralRolesError} before anything has changed, when the application's role is missing or not below the
 * owner.
 */
export async function migrateCentralDatabase(
  owner: Datasource,
  application: string,
  operator?: Operator,
): Promise<string[]> {
  await ensureDatabase(owner);
  await checkCentralRoles(owner, application);
  const hadLog = await hasAuditLog(owner);
  const { applied } = await applyMigrations(owner, centralMigrationsFolder);
  if (application === owner.user) await closeToPublic(owner, centralTables);
  else await applyApplicationPrivileges(owner, application, centralTables);
  if (applied.length > 0 && hadLog && operator) await recordMigration(owner, applied, operator);
  return applied;
}

/**
 * Finds what the application's role may do in the migrated database although it need not, and who can take that away:
 * one sentence each.
 */
export async function remarksOnCentralDatabase(owner: Datasource, application: string): Promise<string[]> {
  if (application === owner.user || !(await withConnection(owner, mayCreateInPublic))) return [];
  return [
    `${application} may create tables and functions in the schema public of ${owner.database}: as a superuser in that database, run ${closingPublicSchema}.`,
  ];
}

/** Tells whether there is an audit log. A database without one is being created rather than changed. */
async function hasAuditLog(owner: Datasource): Promise<boolean> {
  const rows = await withConnection(
    owner,
    async (client) =>
      (await client.query(`SELECT to_regclass('public.audit_log') IS NOT NULL AS found`)).rows,
  );
  return z.tuple([z.object({ found: z.boolean() })]).parse(rows)[0].found;
}

async function recordMigration(
  owner: Datasource,
  applied: readonly string[],
  operator: Operator,
): Promise<void> {
  const central = createCentralClient(datasourceUrl(owner), () => {}, 'session');
  try {
    const changes = changesBetween(null, { applied });
    await recordOperation(
      { central, operator },
      { action: 'central.migrate_database', entityType: 'Central', entityId: null, changes },
      null,
    );
  } finally {
    await central.$disconnect();
  }
}

async function ensureDatabase(owner: Datasource): Promise<void> {
  try {
    await withConnection(owner, async (client) => {
      await assertUtf8(client, owner.database);
      await assertCollations(client);
    });
  } catch (error) {
    if (error instanceof DatabaseEncodingError || error instanceof MissingCollationError) throw error;
    // Whoever may not connect to a database can't make it either.
    if (!(error instanceof pg.DatabaseError && error.code === undefinedDatabase)) return;
    await administer({ ...owner, database: 'postgres' }, (server) =>
      server.ensureDatabase(owner.database, owner.user),
    );
  }
}
