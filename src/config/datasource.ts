import { type TlsSettings, tlsSettingsSchema } from './tls-settings.ts';
import { encodingHint, parseExactUrl } from './url-faults.ts';

/** The address of a PostgreSQL database, an account on it, and the encryption of the way there. */
export interface Datasource {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The environment variable that it comes from, for messages. */
  readonly variable?: string | undefined;
  /** Absent: libpq's default, `prefer`. */
  readonly tls?: TlsSettings | undefined;
}

/** A URL is no datasource URL; the message says what to change, and quotes nothing of it but parameters' names. */
export class DatasourceUrlError extends Error {
  override readonly name = 'DatasourceUrlError';
}

/** The port of a server that is named without one. */
export const defaultPort = 5432;

/** The schema that Prisma keeps its record of migrations in. */
const defaultSchema = 'public';

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
  const { datasource, schema } = parsePrismaUrl(text);
  if (schema !== defaultSchema) {
    throw new DatasourceUrlError(`its parameter schema must be ${defaultSchema}, or left out`);
  }
  return datasource;
}

/**
 * Reads a URL as Prisma's command line is given it: as {@link parseDatasourceUrl}, with `?schema=` for the schema of
 * Prisma's record of migrations.
 * @throws {DatasourceUrlError}
 */
export function parsePrismaUrl(text: string): { readonly datasource: Datasource; readonly schema: string } {
  const url = parseUrl(text.trim());
  const parameters = readParameters(url);
  const host = parameters.host ?? decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host.includes(',')) throw new DatasourceUrlError(severalHosts);
  if (/\p{Cc}/u.test(host)) throw new DatasourceUrlError('its host has a control character');
  if (host.startsWith('@'))
    throw new DatasourceUrlError("its host is an abstract socket, which isn't supported");
  const user = decode(url.username);
  if (user === '') throw new DatasourceUrlError('it must name a user');
  const tls = parseTls(parameters);
  return {
    datasource: {
      host: host || 'localhost',
      port: parsePort(parameters.port ?? url.port),
      database: decode(url.pathname.slice(1)) || 'postgres',
      user,
      password: decode(url.password),
      ...(tls ? { tls } : {}),
    },
    schema: parameters.schema ?? defaultSchema,
  };
}

/**
 * Writes a datasource as a `postgresql://` URL, every part escaped, which {@link parseDatasourceUrl} reads back. It
 * holds the password: never log it.
 */
export function datasourceUrl({ host, port, database, user, password, tls }: Datasource): string {
  const part = encodeURIComponent;
  const isSocket = host.startsWith('/');
  const address = isSocket ? 'localhost' : host.includes(':') ? `[${host}]` : part(host);
  const parameters = Object.entries({ ...(isSocket ? { host } : {}), ...tls }).map(
    ([name, value]) => `${name}=${part(value)}`,
  );
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`;
  return `postgresql://${part(user)}:${part(password)}@${address}:${port}/${part(database)}${query}`;
}

/** The name by which operators know a server. */
export function serverOf({ host, port }: { readonly host: string; readonly port: number | string }): string {
  // A socket's file, in its folder.
  if (host.startsWith('/')) return `${host}/.s.PGSQL.${port}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Returns a database's name with its server, for messages. */
export function placeOf({ host, port, database }: Pick<Datasource, 'host' | 'port' | 'database'>): string {
  const server = serverOf({ host, port });
  return host.startsWith('/') ? `${server}, database ${database}` : `${server}/${database}`;
}

const severalHosts = 'it names several hosts, and must name one';

function parseUrl(text: string): URL {
  const authority = /^postgres(?:ql)?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined) {
    throw new DatasourceUrlError('it must start with postgresql:// or postgres://');
  }
  const address = authority.slice(authority.lastIndexOf('@') + 1);
  if (address.includes(',')) throw new DatasourceUrlError(severalHosts);
  // libpq takes URLs without a host, which may be a parameter, and URLs of other protocols need one.
  const url = parseExactUrl(/^(:\d*)?$/.test(address) ? withHost(text, address) : text);
  if (!url || url.pathname.slice(1).includes('/')) {
    const port = /:(\d+)$/.exec(address)?.[1];
    throw new DatasourceUrlError(port === undefined || isPort(port) ? encodingHint : portFault);
  }
  return url;
}

function withHost(text: string, address: string): string {
  const start = text.indexOf('//') + 2;
  const authority = /^[^/?#]*/.exec(text.slice(start))?.[0] ?? '';
  const end = start + authority.length;
  return `${text.slice(0, end - address.length)}localhost${address}${text.slice(end)}`;
}

function readParameters(url: URL): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  // An @ of the address: what seems to be a parameter is the rest of a password, and not to be quoted.
  if (/[^=]@/.test(url.search)) throw new DatasourceUrlError(encodingHint);
  // Not by URLSearchParams, to which a plus is a space.
  for (const parameter of url.search.slice(1).split('&').filter(Boolean)) {
    const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(parameter) ?? [];
    if (name === undefined || value === undefined) throw new DatasourceUrlError(encodingHint);
    if (!knownParameters.has(name) && !ignoredParameters.has(name) && !isHarmless(name, value)) {
      throw new DatasourceUrlError(`its parameter ${name} isn't supported`);
    }
    const [known, meant] = name === 'ssl' ? ['sslmode', 'require'] : [name, decode(value)];
    if (meant === '' && (known === 'host' || known === 'port')) {
      throw new DatasourceUrlError(`its parameter ${known} is empty`);
    }
    if (parameters[known] !== undefined) throw new DatasourceUrlError(`it has the parameter ${known} twice`);
    parameters[known] = meant;
  }
  return parameters;
}

/** Values that ask for what is done anyway. */
function isHarmless(name: string, value: string): boolean {
  return (
    // As libpq and JDBC say sslmode=require.
    (name === 'ssl' && value === 'true') ||
    (name === 'channel_binding' && value !== 'require') ||
    (name === 'gssencmode' && value !== 'require') ||
    (name === 'sslcompression' && value === '0') ||
    (name === 'sslnegotiation' && value === 'postgres') ||
    (name === 'sslsni' && value === '1') ||
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
  if (given.sslmode === 'no-verify') {
    throw new DatasourceUrlError("its sslmode no-verify is not one of libpq's: use require");
  }
  throw new DatasourceUrlError(
    error.issues.map(({ path, message }) => `its ${path.join('.')} ${message}`).join('; '),
  );
}

const portFault = 'its port must be a whole number from 1 to 65535';

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function parsePort(text: string): number {
  if (text === '') return defaultPort;
  if (!isPort(text)) throw new DatasourceUrlError(portFault);
  return Number(text);
}

function decode(encoded: string): string {
  // It ends a string of PostgreSQL's protocol, and what follows would be another parameter of the session.
  if (encoded.includes('%00'))
    throw new DatasourceUrlError('it has a %00, which no name and no password holds');
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new DatasourceUrlError(encodingHint);
  }
}
