import type pg from 'pg';
import { DatabaseClient } from '../database-client.ts';
import type { Place } from './places.ts';

/** A connection that is about to be opened. */
export interface Opening {
  readonly place: Place;
  /** Absent until the driver's pool has begun with it. */
  client?: pg.Client;
}

/** A server that is gone does not answer a good-bye. */
const endMilliseconds = 2_000;

/** Makes the class of a pool's connections: each holds its place for exactly as long as its socket lives. */
export function createClientClass(nextOpening: () => Opening): new (config?: pg.ClientConfig) => pg.Client {
  return class BudgetedClient extends DatabaseClient {
    readonly #place: Place;

    constructor(config?: pg.ClientConfig) {
      super(config);
      const opening = nextOpening();
      opening.client = this;
      this.#place = opening.place;
      // The server takes a connection off its list before it closes the socket.
      this.connection.stream.once('close', () => this.#place.free());
    }

    override end(): Promise<void>;
    override end(callback: (error: Error) => void): void;
    override end(callback?: (error: Error) => void): Promise<void> | void {
      this.#place.ending();
      const { stream } = this.connection;
      const cutOff = setTimeout(() => stream.destroy(), endMilliseconds);
      cutOff.unref();
      stream.once('close', () => clearTimeout(cutOff));
      return callback ? super.end(callback) : super.end();
    }
  };
}
