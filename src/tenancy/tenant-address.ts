import type { Datasource } from '../config/datasource.ts';
import { type TlsSettings, tlsSettingsSchema } from '../config/tls-settings.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { shellWord } from './shell-word.ts';

/** The columns that say how the way to a tenant's database is encrypted. */
export type TlsColumns = Pick<TenantRow, 'dbSslmode' | 'dbSslrootcert' | 'dbSslcert' | 'dbSslkey'>;

/** The columns that say where a tenant's database is. */
export type AddressColumns = Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbDirectHost' | 'dbDirectPort'> &
  TlsColumns;

/** The part of a datasource that leads to a server. */
export type ServerAddress = Pick<Datasource, 'host' | 'port' | 'tls'>;

/** The address at which requests are served, which may be a connection pooler's. */
export function servingAddress(tenant: AddressColumns): ServerAddress {
  return { host: tenant.dbHost, port: tenant.dbPort, ...tlsOf(tenant) };
}

/**
 * The address of the server itself: for migrations, rotations and administration, whose locks and settings belong to a
 * session. The same as {@link servingAddress} unless that is a pooler's.
 */
export function directAddress(tenant: AddressColumns): ServerAddress {
  return {
    host: tenant.dbDirectHost ?? tenant.dbHost,
    port: tenant.dbDirectPort ?? tenant.dbPort,
    ...tlsOf(tenant),
  };
}

function tlsOf(columns: TlsColumns): { readonly tls?: TlsSettings } {
  const given = givenTls(columns);
  return given === null ? {} : { tls: tlsSettingsSchema.parse(given) };
}

/** Says which flag to change if the settings don't fit together; null if they do. */
export function describeTlsProblem(columns: TlsColumns): string | null {
  const { error } = tlsSettingsSchema.safeParse(givenTls(columns) ?? {});
  if (!error) return null;
  return error.issues
    .map(({ path, message }) => `${path.join('.')} ${message}.`.replaceAll(/\bssl(?=[a-z])/g, '--db-ssl'))
    .join(' ');
}

function givenTls({ dbSslmode, dbSslrootcert, dbSslcert, dbSslkey }: TlsColumns): object | null {
  const columns = { sslmode: dbSslmode, sslrootcert: dbSslrootcert, sslcert: dbSslcert, sslkey: dbSslkey };
  const given = Object.entries(columns).filter(([, value]) => value !== null);
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** The columns of TLS settings; all null for libpq's default. */
export function tlsColumns(tls: TlsSettings | undefined): TlsColumns {
  return {
    dbSslmode: tls?.sslmode ?? null,
    dbSslrootcert: tls?.sslrootcert ?? null,
    dbSslcert: tls?.sslcert ?? null,
    dbSslkey: tls?.sslkey ?? null,
  };
}

/** The flags of our scripts that name a database. */
export function placeFlags({
  dbHost,
  dbPort,
  dbName,
}: Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'>): string {
  return `--db-host ${shellWord(dbHost)} --db-port ${dbPort} --db-name ${shellWord(dbName)}`;
}
