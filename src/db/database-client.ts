import pg from 'pg';
import { momentInUtc } from './exact-moments.ts';
import { UnusableServerError } from './unusable-server-error.ts';

declare module 'pg' {
  // What @types/pg leaves out of the driver.
  interface ClientBase {
    /** What the client asks of the session when it opens it. */
    getStartupConf(): Record<string, string>;
  }
  interface Connection {
    /** Sends the password, or what the server wants made of it (MD5). SCRAM does not go this way. */
    password(password: string): boolean;
  }
}

/**
 * Whatever the server, the database or the role has set. Only settings that poolers keep for each of their clients:
 * PgBouncer refuses others in the startup packet.
 */
const sessionSettings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
} as const;

/** What the server has to say of its settings. The zone is not among them: see {@link momentInUtc}. */
const indispensable: Readonly<Record<string, RegExp>> = {
  DateStyle: /^ISO\b/,
  client_encoding: /^UTF-?8$/i,
  standard_conforming_strings: /^on$/,
};

const timestampWithZone = 1184;

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

/**
 * The driver's client, and the only one that this program uses: what it writes and reads depends on no setting of
 * the server, and it gives its password to no server that asks for it in the clear.
 */
export class DatabaseClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // The driver leaves the socket of a failed handshake open.
    this.connection.on('error', () => this.connection.stream.destroy());
    refuseToTellThePassword(this.connection);
    refuseUnprovenServers(this.connection);
    refuseUnusableSettings(this.connection);
    readMomentsInUtc(this.connection);
  }

  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), ...sessionSettings };
  }
}

/**
 * Both of these ways tell the password to whoever stands at the address: one as it is, the other as a hash that is
 * quickly searched through. With SCRAM the server has to know it already.
 */
function refuseToTellThePassword(connection: pg.Connection): void {
  connection.password = () => {
    giveUp(
      connection,
      new UnusableServerError(
        'The server asks for the password in the clear or as an MD5 hash, and got none: it has to use SCRAM-SHA-256.',
      ),
    );
    return false;
  };
}

/** SCRAM ends with the server's proof that it knows the password; the driver would go on without. */
function refuseUnprovenServers(connection: pg.Connection): void {
  let proofIsDue = false;
  connection.on('authenticationSASL', () => {
    proofIsDue = true;
  });
  connection.on('authenticationSASLFinal', () => {
    proofIsDue = false;
  });
  connection.on('authenticationOk', () => {
    if (!proofIsDue) return;
    giveUp(
      connection,
      new UnusableServerError('The server let us in without a proof that it knows the password.'),
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
        `The server's ${parameterName} is ${parameterValue}, although another was asked for. A pooler that forgets what its clients ask for stands before it: change the setting for the database.`,
      ),
    );
  });
}

/** @prisma/adapter-pg cuts the offset off, and believes what is left to be UTC. */
function readMomentsInUtc(connection: pg.Connection): void {
  let moments: number[] = [];
  // First in line, so that whoever reads the row finds it changed.
  connection.prependListener('rowDescription', ({ fields }: RowDescription) => {
    moments = [...fields.entries()]
      .filter(([, { dataTypeID, format }]) => dataTypeID === timestampWithZone && format === 'text')
      .map(([position]) => position);
  });
  connection.prependListener('dataRow', ({ fields }: DataRow) => {
    try {
      for (const position of moments) {
        const text = fields[position];
        if (typeof text === 'string') fields[position] = momentInUtc(text);
      }
    } catch (error) {
      giveUp(connection, error);
    }
  });
}

/** Ends a connection, and hears nothing more of what the server has said already. */
function giveUp(connection: pg.Connection, error: unknown): void {
  connection.emit('error', error);
  for (const event of connection.eventNames()) {
    if (event !== 'end' && event !== 'error') connection.removeAllListeners(event);
  }
}
