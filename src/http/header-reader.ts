import type { IncomingHttpHeaders } from 'node:http';

/** Read access to the headers of a request: the fetch API's `Headers`, or Node.js' own. */
export interface HeaderReader {
  /** @param name in lower case. */
  get(name: string): string | null;
}

/** Reads headers as parsed by Node.js. */
export class NodeHeaders implements HeaderReader {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name];
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }
}
