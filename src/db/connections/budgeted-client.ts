import type pg from 'pg';
import { DatabaseClient, type DatabaseClientConfig } from '../database-client.ts';
import type { ConnectionPermit } from './connection-permits.ts';

/** A connection that is about to be opened. */
export interface Opening {
  readonly permit: ConnectionPermit;
  /** Absent until the driver's pool has started to open it. */
  client?: pg.Client;
}

/** The time to wait for the end of a connection: a server that is gone doesn't answer. */
const endMilliseconds = 2_000;

/** The settings that a pool passes to each of its connections. */
export interface BudgetedClientConfig extends DatabaseClientConfig {
  /** Returns the request that the pool opens a connection for. */
  readonly nextOpening?: () => Opening | undefined;
}

/**
 * A pooled connection, which holds its permit for exactly as long as its socket lives. All pools share this class,
 * because V8 would compile a separate class for each pool.
 */
export class BudgetedClient extends DatabaseClient {
  readonly #permit: ConnectionPermit;

  constructor(config: BudgetedClientConfig = {}) {
    super(config);
    const opening = config.nextOpening?.();
    if (!opening) throw new Error('A connection was opened without a request.');
    opening.client = this;
    this.#permit = opening.permit;
    // The server no longer counts a connection when it closes the socket.
    this.connection.once('end', () => this.#permit.free());
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.#permit.ending();
    const { connection } = this;
    const cutOff = setTimeout(() => connection.stream.destroy(), endMilliseconds);
    cutOff.unref();
    connection.once('end', () => clearTimeout(cutOff));
    return callback ? super.end(callback) : super.end();
  }
}
