import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import type pg from 'pg';

/**
 * The address of a PostgreSQL database, and an account on it. Further properties, such as the use of TLS, reach the
 * driver as they are.
 */
export interface DatabaseConnection {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Settings of an adapter; its listeners keep errors of idle connections from ending the process. */
export interface AdapterOptions {
  /** The schema in which unqualified names are looked up. */
  readonly schema: string;
  readonly onPoolError: (error: Error) => void;
  readonly onConnectionError: (error: Error) => void;
}

/** The only way by which this package reaches a database: the program's own client, with its safeguards. */
export interface DatabaseDriver {
  /** Takes a {@link DatabaseConnection} among the settings of `pg`. */
  readonly Client: new (
    config?: pg.ClientConfig,
  ) => pg.Client;
  /** Opens Prisma's adapter on a pool. */
  connectAdapter(pool: pg.Pool, options: AdapterOptions): Promise<SqlDriverAdapter>;
  /** Returns the name by which operators know a server. */
  serverOf(connection: Pick<DatabaseConnection, 'host' | 'port'>): string;
  /**
   * Asserts that the client has its session to itself.
   *
   * @throws when a pooler shares it with others
   */
  assertKeepsSession(client: pg.ClientBase, connection: DatabaseConnection): Promise<void>;
}
