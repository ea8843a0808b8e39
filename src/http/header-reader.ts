import type { IncomingHttpHeaders } from 'node:http';

/** The headers of a request, as far as anything here reads them: a fetch API's `Headers`, or Node.js' own. */
export interface HeaderReader {
  /** @param name in lower case. */
  get(name: string): string | null;
}

/** Reads headers as Node.js has parsed them. */
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
