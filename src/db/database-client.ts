import pg from 'pg';
import type { TlsSettings } from '../config/tls-settings.ts';
import { dayInBounds } from './days.ts';
import { momentInUtc } from './exact-moments.ts';
import { NegotiatedConnection } from './negotiated-connection.ts';
import { UnsafePasswordRequestError, UnusableServerError } from './unusable-server-error.ts';

declare module 'pg' {
  // Parts of the driver that @types/pg doesn't declare.
  interface ClientBase {
    /** Returns the session's startup parameters. */
    getStartupConf(): Record<string, string>;
  }
  interface Connection {
    /** Sends the password in plain text, or hashed with MD5 if the server wants that. SCRAM doesn't use this. */
    password(password: string): boolean;
  }
}

/**
 * Session settings that override those of the server, the database and the role. They are limited to settings that
 * poolers track for each client: PgBouncer refuses any others in the startup packet.
 */
const sessionSettings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
} as const;

/** The values that the server must report for its settings. The time zone isn't among them: see {@link momentInUtc}. */
const indispensable: Readonly<Record<string, RegExp>> = {
  DateStyle: /^ISO\b/,
  client_encoding: /^UTF-?8$/i,
  standard_conforming_strings: /^on$/,
};

/** The conversions of values before anything else reads them, by type OID. */
const conversions: ReadonlyMap<number, (text: string) => string> = new Map([
  [1082, dayInBounds],
  [1184, momentInUtc],
]);

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

interface RowDescription {
  readonly fields: readonly { readonly dataTypeID: number; readonly format: string }[];
}

interface DataRow {
  readonly fields: (string | null)[];
}

/** The driver's settings, and the TLS mode: libpq's `prefer` by default. */
export interface DatabaseClientConfig extends Omit<pg.ClientConfig, 'connectionString' | 'options' | 'ssl'> {
  readonly tls?: TlsSettings | undefined;
  /** The environment variable that the settings come from, for messages. */
  readonly variable?: string | undefined;
}

/**
 * The driver's client with safeguards, and the only client that this program uses. Values that it writes and reads
 * don't depend on server settings, and it never sends its password in plain text or as an MD5 hash.
 */
export class DatabaseClient extends pg.Client {
  readonly #isUnlimited: boolean;

  constructor(config: DatabaseClientConfig = {}) {
    super(driverConfig(config));
    this.#isUnlimited = config.statement_timeout === 0;
    // For an empty password, the driver would use PGPASSWORD or ~/.pgpass.
    if (typeof config.password === 'string') Object.assign(this, { password: config.password });
    // The driver leaves the socket of a failed handshake open.
    this.connection.on('error', () => this.connection.stream.destroy());
    refuseToTellThePassword(this.connection);
    refuseUnprovenServers(this.connection);
    refuseUnusableSettings(this.connection);
    convertTimes(this.connection);
  }

  override getStartupConf(): Record<string, string> {
    // They would include PGOPTIONS from the environment.
    const { options: _, ...parameters } = super.getStartupConf();
    // The driver omits zero, which is needed to override the role's own limit.
    return { ...parameters, ...(this.#isUnlimited ? { statement_timeout: '0' } : {}), ...sessionSettings };
  }
}

function driverConfig(config: DatabaseClientConfig): pg.ClientConfig {
  const { password, tls, keepAlive } = config;
  const own = {
    // The driver's pool makes it non-enumerable, so that copies of the settings lack it.
    ...(password === undefined ? {} : { password }),
    // The connection handles TLS itself; the driver would read PGSSLMODE.
    ssl: false,
    connection: new NegotiatedConnection({ tls, keepAlive }),
  };
  return { ...config, ...own };
}

/**
 * Refuses plain-text and MD5 authentication. Both reveal the password to anybody who answers at the address: one
 * directly, the other as a hash that is quickly brute-forced. With SCRAM, the server must already know it.
 */
function refuseToTellThePassword(connection: pg.Connection): void {
  connection.password = () => {
    giveUp(
      connection,
      new UnsafePasswordRequestError(
        'The server asks for the password in plain text or as an MD5 hash, which is refused: it must use SCRAM-SHA-256.',
      ),
    );
    return false;
  };
}

const provenConnections = new WeakSet<pg.Connection>();

/** Returns whether the server has proven that it knows the password; one that doesn't ask for it hasn't. */
export function hasProvenItself({ connection }: Pick<pg.Client, 'connection'>): boolean {
  return provenConnections.has(connection);
}

/** Refuses a server that skips SCRAM's last step, the proof that it knows the password; the driver would accept it. */
function refuseUnprovenServers(connection: pg.Connection): void {
  let proofIsDue = false;
  connection.on('authenticationSASL', () => {
    proofIsDue = true;
  });
  connection.on('authenticationSASLFinal', () => {
    proofIsDue = false;
    provenConnections.add(connection);
  });
  connection.on('authenticationOk', () => {
    if (!proofIsDue) return;
    giveUp(
      connection,
      new UnusableServerError('The server accepted the sign-in without proving that it knows the password.'),
    );
  });
}

function refuseUnusableSettings(connection: pg.Connection): void {
  connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
    const needed = indispensable[parameterName];
    if (!needed || needed.test(parameterValue)) return;
    giveUp(
      connection,
      new UnusableServerError(
        `The server's ${parameterName} is ${parameterValue}, although another was requested. A pooler in front of it drops its clients' settings: change the setting for the database.`,
      ),
    );
  });
}

/** Converts `timestamptz` values to UTC: @prisma/adapter-pg drops the offset and treats the rest as UTC. */
function convertTimes(connection: pg.Connection): void {
  let times: (readonly [position: number, convert: (text: string) => string])[] = [];
  // Prepended, so that the other listeners see the converted row.
  connection.prependListener('rowDescription', ({ fields }: RowDescription) => {
    times = [...fields.entries()].flatMap(([position, { dataTypeID, format }]) => {
      const convert = format === 'text' ? conversions.get(dataTypeID) : undefined;
      return convert ? [[position, convert] as const] : [];
    });
  });
  connection.prependListener('dataRow', ({ fields }: DataRow) => {
    try {
      for (const [position, convert] of times) {
        const text = fields[position];
        if (typeof text === 'string') fields[position] = convert(text);
      }
    } catch (error) {
      giveUp(connection, error);
    }
  });
}

/** Fails a connection and ignores whatever else the server has already sent. */
function giveUp(connection: pg.Connection, error: unknown): void {
  connection.emit('error', error);
  for (const event of connection.eventNames()) {
    if (event !== 'end' && event !== 'error') connection.removeAllListeners(event);
  }
}
