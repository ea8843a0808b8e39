import type { ConnectionOptions } from 'node:tls';
import { SchemaEngineError } from './errors.ts';

/** Where a PostgreSQL database is and how to sign in to it. */
export interface DatabaseConnection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Absent or `false`: no TLS. `true`: TLS with a verified certificate. */
  readonly ssl?: boolean | ConnectionOptions;
}

const POSTGRES_PORT = 5432;

/**
 * Reads a `postgresql://` URL as Prisma does: `?host=` may name a socket folder, `?schema=` the schema of
 * Prisma's own migrations table (default `public`), `?sslmode=` the use of TLS.
 *
 * @throws SchemaEngineError P1013 when the URL cannot be used. The message leaves the URL out.
 */
export function parseDatabaseUrl(databaseUrl: string): { connection: DatabaseConnection; schema: string } {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  if (url?.protocol !== 'postgresql:' && url?.protocol !== 'postgres:') {
    throw invalidUrl('it must start with postgresql:// or postgres://');
  }
  const ssl = tlsFor(url.searchParams.get('sslmode'));
  return {
    connection: {
      host: url.searchParams.get('host') ?? (decode(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost'),
      port: url.port === '' ? POSTGRES_PORT : Number(url.port),
      database: decode(url.pathname.slice(1)) || 'postgres',
      user: decode(url.username),
      password: decode(url.password),
      ...(ssl === undefined ? {} : { ssl }),
    },
    schema: url.searchParams.get('schema') ?? 'public',
  };
}

function tlsFor(mode: string | null): boolean | ConnectionOptions | undefined {
  switch (mode) {
    case null:
    case 'disable':
    case 'allow':
    case 'prefer':
      return undefined;
    // As in libpq: `require` encrypts, and only the verify modes look at the certificate.
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
    case 'verify-full':
      return true;
    default:
      throw invalidUrl('its sslmode is unknown');
  }
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalidUrl('a % in it must be written as %25');
  }
}

function invalidUrl(reason: string): SchemaEngineError {
  return new SchemaEngineError(`The database URL is invalid: ${reason}.`, 'P1013');
}
