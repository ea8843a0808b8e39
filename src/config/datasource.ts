import { z } from 'zod';
import { type TlsSettings, tlsSettingsSchema } from './tls-settings.ts';

/** Where a PostgreSQL database is, who signs in to it, and how the way there is encrypted. */
export interface Datasource {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Absent: libpq's default, `prefer`. */
  readonly tls?: TlsSettings | undefined;
}

/** A URL is no datasource URL; the message says what to change, and quotes nothing of it but parameters' names. */
export class DatasourceUrlError extends Error {
  override readonly name = 'DatasourceUrlError';
}

/** The port of a server that is named without one. */
export const defaultPort = 5432;

/** Parameters that are about TLS, as libpq names them. */
const tlsParameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/** Parameters that say where to connect, or where Prisma keeps its record of migrations. */
const placeParameters = ['host', 'port', 'schema'] as const;

/**
 * Parameters of libpq and of Prisma that providers put into their URLs, and that change neither where a connection
 * leads nor how it is protected. All others are refused: silently ignored, they would do harm.
 */
const ignoredParameters = new Set([
  'application_name',
  'connect_timeout',
  'connection_limit',
  'fallback_application_name',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'pgbouncer',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
  'uselibpqcompat',
]);

/** The parameters that {@link parseDatasourceUrl} understands. */
const knownParameters = new Set<string>([...tlsParameters, ...placeParameters]);

/**
 * Reads a `postgresql://` URL as libpq does: `?host=` may name a server or a socket folder, `?sslmode=` and the files
 * of `?sslrootcert=`, `?sslcert=` and `?sslkey=` the use of TLS.
 * @throws {DatasourceUrlError}
 */
export function parseDatasourceUrl(text: string): Datasource {
  const url = parseUrl(text);
  const parameters = readParameters(url);
  const host = parameters.host ?? decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host.includes(',')) throw new DatasourceUrlError('it names several hosts, and must name one');
  const tls = parseTls(parameters);
  return {
    host: host || 'localhost',
    port: parsePort(parameters.port ?? url.port),
    database: decode(url.pathname.slice(1)) || 'postgres',
    user: decode(url.username),
    password: decode(url.password),
    ...(tls ? { tls } : {}),
  };
}

/**
 * Writes a datasource as a `postgresql://` URL, every part escaped, which {@link parseDatasourceUrl} reads back. It
 * holds the password: never log it.
 */
export function datasourceUrl({ host, port, database, user, password, tls }: Datasource): string {
  const part = encodeURIComponent;
  const isSocket = host.startsWith('/') || host.startsWith('@');
  const address = isSocket ? 'localhost' : host.includes(':') ? `[${host}]` : part(host);
  const parameters = Object.entries({ ...(isSocket ? { host } : {}), ...tls }).map(
    ([name, value]) => `${name}=${part(value)}`,
  );
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `postgresql://${part(user)}:${part(password)}@${address}:${port}/${part(database)}${query}`;
}

const encoding =
  'characters such as # / ? @ : % or [ in a user or password must be percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40, : as %3A, % as %25, [ as %5B';

function parseUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//i.test(text)) {
    throw new DatasourceUrlError('it must start with postgresql:// or postgres://');
  }
  // libpq takes `user@/database`, with the host as a parameter, and URLs of other protocols need a host.
  const withHost = text.replace(/^([a-z]+:\/\/[^/?#]*@)(?=[/?]|$)/i, '$1localhost');
  const url = URL.canParse(withHost) ? new URL(withHost) : undefined;
  // An unencoded character of a password ends the part of the URL that it is in: what comes before it would be taken
  // for the host.
  if (!url || text.includes('#') || /[@/]/.test(url.pathname.slice(1)))
    throw new DatasourceUrlError(encoding);
  return url;
}

function readParameters(url: URL): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (!/^[a-z_]+$/.test(name)) throw new DatasourceUrlError(encoding);
    if (knownParameters.has(name)) parameters[name] = value;
    else if (!ignoredParameters.has(name) && !isHarmless(name, value)) {
      throw new DatasourceUrlError(`its parameter ${name} isn't supported`);
    }
  }
  return parameters;
}

/** Values that ask for what is done anyway. */
function isHarmless(name: string, value: string): boolean {
  return (
    (name === 'channel_binding' && value !== 'require') ||
    (name === 'gssencmode' && value !== 'require') ||
    (name === 'target_session_attrs' && value === 'any')
  );
}

function parseTls(parameters: Readonly<Record<string, string>>): TlsSettings | undefined {
  const given = Object.fromEntries(
    tlsParameters.flatMap((name) => (parameters[name] === undefined ? [] : [[name, parameters[name]]])),
  );
  if (Object.keys(given).length === 0) return undefined;
  const { data, error } = tlsSettingsSchema.safeParse(given);
  if (data) return data;
  throw new DatasourceUrlError(
    error.issues.map(({ path, message }) => `its ${path.join('.')} ${message}`).join('; '),
  );
}

const portSchema = z.coerce.number().int().min(1).max(65_535);

function parsePort(text: string): number {
  if (text === '') return defaultPort;
  const port = /^\d+$/.test(text) ? portSchema.safeParse(text).data : undefined;
  if (port === undefined) throw new DatasourceUrlError('its port must be a whole number from 1 to 65535');
  return port;
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new DatasourceUrlError(encoding);
  }
}
