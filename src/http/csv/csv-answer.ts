/** The answer to a request that may want a file in place of a result. */
export interface CsvAnswer {
  /** Whether the client wants a CSV file. */
  readonly isWanted: boolean;
  /** Sets the file that is about to be sent. */
  note(name: string, file: ReadableStream<Uint8Array>): void;
  /**
   * Completes the response: puts the file into the place of its body. Who wants a file and gets a result that says why
   * there is none sees that by the status as well.
   */
  complete(response: Response): Promise<Response>;
}

/** Headers that describe the body in place of which the file is sent. */
const bodyHeaders = ['content-length', 'content-language'];

/** The status of a result whose errors have no other. */
const noFile = 400;

/** Creates the answer to a request, which wants a file when it accepts CSV before anything else. */
export function createCsvAnswer({ headers }: Pick<Request, 'headers'>): CsvAnswer {
  let sent: { readonly name: string; readonly file: ReadableStream<Uint8Array> } | null = null;
  const isWanted = acceptsCsv(headers.get('accept'));
  return {
    isWanted,
    note(name, file) {
      sent = { name, file };
    },
    async complete(response) {
      if (!sent) {
        if (!isWanted || response.status !== 200) return response;
        return new Response(await response.text(), { status: noFile, headers: response.headers });
      }
      const answer = new Headers(response.headers);
      for (const name of bodyHeaders) answer.delete(name);
      answer.set('content-type', 'text/csv; charset=utf-8; header=present');
      // A name in GraphQL is plain ASCII.
      answer.set('content-disposition', `attachment; filename="${sent.name}.csv"`);
      answer.append('vary', 'Accept');
      return new Response(sent.file, { status: 200, headers: answer });
    },
  };
}

/** Ignores quality values, as for JSON: the client's first type counts. */
export function acceptsCsv(accept: string | null): boolean {
  return /^\s*text\/csv\s*(?:[;,]|$)/i.test(accept ?? '');
}
