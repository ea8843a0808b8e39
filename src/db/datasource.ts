import { type DatabaseConnection, parseDatabaseUrl } from './schema-engine/connection.ts';

/** Where a PostgreSQL database is and who signs in to it. */
export type Datasource = DatabaseConnection;

/**
 * Writes a datasource as a `postgresql://` URL, every part escaped. It holds the password: never log it. TLS
 * settings are left out.
 */
export function datasourceUrl({ host, port, database, user, password }: Datasource): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const part = encodeURIComponent;
  return `postgresql://${part(user)}:${part(password)}@${address}:${port}/${part(database)}`;
}

/** Reads a `postgresql://` URL. @throws without quoting it, when it is none. */
export function parseDatasourceUrl(url: string): Datasource {
  return parseDatabaseUrl(url).connection;
}
