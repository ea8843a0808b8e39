import pg from 'pg';
import { inject } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { areas } from './tenant-areas.ts';

/** The parts that a restored dump has brought along, and who restored it. */
export interface RestoredDump {
  /** False as with `pg_restore --no-owner`: everything belongs to whoever restored it. */
  readonly owners: boolean;
  /** False as with `pg_restore --no-acl`: nothing is granted, default privileges included. */
  readonly privileges: boolean;
  /** The superuser of the tests unless named. */
  readonly restoredBy?: string;
  /** Whom the database had been created for. */
  readonly databaseOwner?: string;
}

const { escapeIdentifier } = pg;

/**
 * Copies a database as if it had been dumped and restored under another name, on every machine that runs the tests:
 * not all of them have pg_dump.
 */
export async function restoreCopy(original: string, copy: string, dump: RestoredDump): Promise<void> {
  const superuser = parseDatasourceUrl(inject('postgresUrl'));
  const restoredBy = dump.restoredBy ?? superuser.user;
  await withConnection(superuser, (client) =>
    client.query(
      `CREATE DATABASE ${escapeIdentifier(copy)} TEMPLATE ${escapeIdentifier(original)}
       OWNER ${escapeIdentifier(dump.databaseOwner ?? restoredBy)}`,
    ),
  );
  await withConnection({ ...superuser, database: copy }, async (client) => {
    if (!dump.owners) await client.query(ownAll(restoredBy));
    if (!dump.privileges) await client.query(forgetPrivileges);
  });
}

/** As `--no-owner` leaves it. REASSIGN OWNED would take the original, too. */
const ownAll = (role: string) => `
  DO $$
  DECLARE statement text;
  BEGIN
    FOR statement IN
      SELECT format('ALTER SCHEMA %I OWNER TO ${escapeIdentifier(role)}', nspname)
      FROM pg_namespace WHERE nspname IN (${areas})
      UNION ALL
      SELECT format('ALTER TABLE %s OWNER TO ${escapeIdentifier(role)}', oid::regclass)
      FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'v')
      UNION ALL
      SELECT format('ALTER ROUTINE %s OWNER TO ${escapeIdentifier(role)}', oid::regprocedure)
      FROM pg_proc WHERE oid >= 16384
      UNION ALL
      SELECT format('ALTER TYPE %s OWNER TO ${escapeIdentifier(role)}', format_type(oid, NULL))
      FROM pg_type WHERE oid >= 16384 AND typtype = 'e'
    LOOP
      EXECUTE statement;
    END LOOP;
  END $$`;

/** As `--no-acl` leaves it: what has no list of privileges has the default ones. */
const forgetPrivileges = `
  UPDATE pg_namespace SET nspacl = NULL WHERE nspname IN (${areas});
  UPDATE pg_class SET relacl = NULL WHERE oid >= 16384;
  UPDATE pg_proc SET proacl = NULL WHERE oid >= 16384;
  DELETE FROM pg_shdepend WHERE deptype = 'a'
    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
  DELETE FROM pg_shdepend WHERE classid = 'pg_default_acl'::regclass
    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
  DELETE FROM pg_depend WHERE classid = 'pg_default_acl'::regclass;
  DELETE FROM pg_default_acl`;
