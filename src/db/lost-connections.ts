import type { Logger } from '../logging/logger.ts';
import type { ConnectionErrorListener } from './tenant-client.ts';

/** The report of connections that die outside of any query. */
export interface LostConnections {
  /** Returns the listener for the connections to one database, or to databases of one kind. */
  to(database: string): ConnectionErrorListener;
  /** Reports no more: pools end before their last connections do, and a server that stops as well may cut those off. */
  ignore(): void;
}

/** Creates the report of one process. */
export function createLostConnections(logger: Logger): LostConnections {
  let ignored = false;
  return {
    to: (database) => (error) => {
      if (!ignored) logger.warn({ err: error }, `A connection to ${database} was lost`);
    },
    ignore() {
      ignored = true;
    },
  };
}
