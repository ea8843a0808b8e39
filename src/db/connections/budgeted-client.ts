import type pg from 'pg';
import { DatabaseClient, type DatabaseClientConfig } from '../database-client.ts';
import type { ConnectionPermit } from './connection-permits.ts';

/** A connection that is about to be opened. */
export interface Opening {
  readonly permit: ConnectionPermit;
  /** Absent until the driver's pool has begun with it. */
  client?: pg.Client;
}

/** A server that is gone does not answer a good-bye. */
const endMilliseconds = 2_000;

/** The settings that a pool gives to each of its connections. */
export interface BudgetedClientConfig extends DatabaseClientConfig {
  /** Returns what the pool opens a connection for. */
  readonly nextOpening?: () => Opening | undefined;
}

/**
 * A connection of a pool, which holds its permit for exactly as long as its socket lives. All pools share this class:
 * the engine would compile one of each pool's own anew.
 */
export class BudgetedClient extends DatabaseClient {
  readonly #permit: ConnectionPermit;

  constructor(config: BudgetedClientConfig = {}) {
    super(config);
    const opening = config.nextOpening?.();
    if (!opening) throw new Error('A connection is opened that nobody has asked for.');
    opening.client = this;
    this.#permit = opening.permit;
    // The server takes a connection off its list before it closes the socket.
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
