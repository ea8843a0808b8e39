import pg from 'pg';
import { ordinaryRole } from '../../../db/role-marks.ts';

const { escapeIdentifier, escapeLiteral } = pg;

/** The names in a database that an operator provides. */
export interface ProvidedNames {
  readonly database: string;
  /** The role that migrations sign in as. */
  readonly owner: string;
  /** The role that requests sign in as. */
  readonly application: string;
}

/** Creates a role that may do nothing but sign in, unless it exists. */
export function createRole(role: string): string {
  return createUnlessFound(
    `CREATE ROLE ${escapeIdentifier(role)} LOGIN ${ordinaryRole}`,
    `pg_roles WHERE rolname = ${escapeLiteral(role)}`,
  );
}

/** Asks for a role's password. psql sends its hash alone, so no log of the server shows it. */
export function setPassword(role: string): readonly string[] {
  return ["SET password_encryption = 'scram-sha-256';", `\\password ${escapeIdentifier(role)}`];
}

/** Creates a database unless it exists. */
export function createDatabase({ database, owner }: ProvidedNames): string {
  return createUnlessFound(
    `CREATE DATABASE ${escapeIdentifier(database)} OWNER ${escapeIdentifier(owner)} ENCODING 'UTF8' TEMPLATE template0`,
    `pg_database WHERE datname = ${escapeLiteral(database)}`,
  );
}

/** Run by whoever owns the database: what PostgreSQL lets everybody do there is for the two roles alone. */
export function closeDatabase({ database, owner, application }: ProvidedNames): readonly string[] {
  const name = escapeIdentifier(database);
  return [
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC;`,
    `GRANT CONNECT ON DATABASE ${name} TO ${escapeIdentifier(owner)}, ${escapeIdentifier(application)};`,
  ];
}

/** Run by whoever owns the schema. Before PostgreSQL 15, everybody may create tables in it. */
export function closePublicSchema({ owner }: Pick<ProvidedNames, 'owner'>): readonly string[] {
  return [
    `GRANT USAGE, CREATE ON SCHEMA public TO ${escapeIdentifier(owner)};`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC;',
  ];
}

/** For psql, which runs what a query returns; `CREATE DATABASE` knows no `IF NOT EXISTS`. */
function createUnlessFound(statement: string, found: string): string {
  return `SELECT ${escapeLiteral(statement)} WHERE NOT EXISTS (SELECT FROM ${found}) \\gexec`;
}
