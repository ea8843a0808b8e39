import { keepMigrationsOut } from '@cxg/prisma-schema-engine';
import pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../config/datasource.ts';
import { withConnection } from './with-connection.ts';

/** The schemas of the application's tables, and the tables with restricted privileges. */
export interface ApplicationTables {
  /** `owned`: all schemas of the database's owner except `public`, which has Prisma's migrations table. */
  readonly schemas: 'owned' | 'public';
  /** Tables whose rows the application may insert and read, but not update or delete. */
  readonly appendOnly: readonly string[];
  /** Tables that the application may only read. */
  readonly readOnly: readonly string[];
}

/** A tenant's database. */
const tenantTables: ApplicationTables = {
  schemas: 'owned',
  appendOnly: ['sys.audit_log'],
  readOnly: ['sys.tenant_marker', 'sys.data_versions'],
};

/** The central database. */
export const centralTables: ApplicationTables = {
  schemas: 'public',
  appendOnly: ['public.audit_log'],
  readOnly: [],
};

const namesSchema = z.array(z.object({ name: z.string() }));

const { escapeIdentifier } = pg;

/**
 * Grants the application's role its privileges in a database, and revokes everything else from it and from PUBLIC. Must
 * run after each migration; it is idempotent.
 * @param owner the role that owns the database and everything in it.
 */
export async function applyApplicationPrivileges(
  owner: Datasource,
  application: string,
  tables: ApplicationTables = tenantTables,
): Promise<void> {
  await withConnection(owner, async (client) => {
    await keepMigrationsOut(client);
    await grantToApplication(client, application, tables);
  });
}

/**
 * Does the same on a connection that already acts as the owner, while nobody migrates the database. It takes effect
 * atomically, so that no request finds the application's role without its privileges.
 * @param strangers roles that lose all privileges in the database.
 */
export async function grantToApplication(
  client: pg.Client,
  application: string,
  tables: ApplicationTables = tenantTables,
  strangers: readonly string[] = [],
): Promise<void> {
  const found = await survey(client, tables);
  const role = escapeIdentifier(application);
  // One simple query is one transaction.
  await client.query(
    [
      ...revocations(found, ['PUBLIC', role, ...strangers.map(escapeIdentifier)].join(', ')),
      `GRANT CONNECT ON DATABASE ${found.database} TO ${role}`,
      ...found.schemas.flatMap((schema) => [
        `GRANT USAGE ON SCHEMA ${schema} TO ${role}`,
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
        `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`,
        `GRANT EXECUTE ON ALL ROUTINES IN SCHEMA ${schema} TO ${role}`,
        // Makes a new table usable as soon as its migration commits.
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE ON SEQUENCES TO ${role}`,
        `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT EXECUTE ON ROUTINES TO ${role}`,
      ]),
      ...found.appendOnly.map((table) => `REVOKE UPDATE, DELETE ON ${table} FROM ${role}`),
      ...found.migrationRecords.map((table) => `REVOKE ALL ON ${table} FROM ${role}`),
      ...found.readOnly.map((table) => `REVOKE INSERT, UPDATE, DELETE ON ${table} FROM ${role}`),
    ].join(';\n'),
  );
}

/** Revokes everything from PUBLIC in a database that only its owner uses. */
export async function closeToPublic(owner: Datasource, tables: ApplicationTables): Promise<void> {
  await withConnection(owner, async (client) => {
    await keepMigrationsOut(client);
    await client.query(revocations(await survey(client, tables), 'PUBLIC').join(';\n'));
  });
}

/** Revokes everything from PUBLIC and from strangers in a tenant's database that its application owns. */
export async function closeToOthers(client: pg.Client, strangers: readonly string[]): Promise<void> {
  const roles = ['PUBLIC', ...strangers.map(escapeIdentifier)].join(', ');
  await client.query(revocations(await survey(client, tenantTables), roles).join(';\n'));
}

/** Returns names, quoted where necessary. */
interface Survey {
  readonly database: string;
  readonly schemas: readonly string[];
  readonly appendOnly: readonly string[];
  readonly readOnly: readonly string[];
  /** Prisma's migrations table, where it is among the application's tables. */
  readonly migrationRecords: readonly string[];
}

async function survey(
  client: pg.Client,
  { schemas, appendOnly, readOnly }: ApplicationTables,
): Promise<Survey> {
  const names = async (query: string, values: unknown[] = []) =>
    namesSchema.parse((await client.query(query, values)).rows).map(({ name }) => name);
  const tablesNamed = (qualifiedNames: readonly string[]) =>
    names(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname || '.' || tablename = ANY ($1)`,
      [qualifiedNames],
    );
  const [database = ''] = await names("SELECT format('%I', current_database()) AS name");
  return {
    database,
    schemas:
      schemas === 'public'
        ? ['public']
        : await names(
            `SELECT format('%I', nspname) AS name FROM pg_namespace
             WHERE pg_get_userbyid(nspowner) = current_user AND nspname <> 'public'`,
          ),
    appendOnly: await tablesNamed(appendOnly),
    readOnly: await tablesNamed(readOnly),
    migrationRecords: schemas === 'public' ? await tablesNamed(['public._prisma_migrations']) : [],
  };
}

/** `CASCADE` also revokes privileges that were granted onwards. */
function revocations({ database, schemas }: Survey, roles: string): string[] {
  return [
    `REVOKE ALL ON DATABASE ${database} FROM ${roles} CASCADE`,
    ...[...new Set(['public', ...schemas])].map(
      (schema) => `REVOKE ALL ON SCHEMA ${schema} FROM ${roles} CASCADE`,
    ),
    ...schemas.flatMap((schema) => [
      `REVOKE ALL ON ALL TABLES IN SCHEMA ${schema} FROM ${roles} CASCADE`,
      `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema} FROM ${roles} CASCADE`,
      `REVOKE ALL ON ALL ROUTINES IN SCHEMA ${schema} FROM ${roles} CASCADE`,
    ]),
    // PostgreSQL grants EXECUTE on every new function to PUBLIC. Default privileges of a schema can only add to
    // that, so this statement names none.
    'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC',
  ];
}
