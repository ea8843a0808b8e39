/** Where a PostgreSQL database is and who signs in to it. */
export interface Datasource {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Writes a datasource as a `postgresql://` URL, every part escaped. It holds the password: never log it. */
export function datasourceUrl({ host, port, database, user, password }: Datasource): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const part = encodeURIComponent;
  return `postgresql://${part(user)}:${part(password)}@${address}:${port}/${part(database)}`;
}

/**
 * Reads a `postgresql://` URL; absent parts get libpq's defaults. Its query string (e.g. `?sslmode=`) is not read.
 */
export function parseDatasourceUrl(url: string): Datasource {
  const { hostname, port, pathname, username, password } = new URL(url);
  const user = decodeURIComponent(username) || 'postgres';
  return {
    host: hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: port ? Number(port) : 5432,
    database: decodeURIComponent(pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(password),
  };
}
