import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { type FetchAPI, processRegularResult } from 'graphql-yoga';
import type { OriginMatcher } from '../config/allowed-origins.ts';
import type { Answer } from '../graphql/response-cache/response-cache.ts';
import { acceptedResultType, type ResultType } from './accepted-type.ts';
import type { Cors } from './cors.ts';
import { isPlainJson } from './graphql-parameters.ts';
import { NodeHeaders } from './header-reader.ts';
import type { Metrics } from './metrics.ts';
import type { PrepareCall } from './prepare-call.ts';
import { presentResult } from './present-result.ts';
import { type ConnectionFacts, RequestState } from './request-state.ts';
import { asFailedResult, type OperationCall, type RunOperation, resultOf } from './run-operation.ts';

/** The part of a request that precedes its body. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** An answer as Node.js writes it. */
export interface PlainAnswer {
  readonly status: number;
  /** Alternating names and values. */
  readonly headers: string[];
  readonly body: string;
}

/**
 * Answers a plain GraphQL `POST`, as nearly all requests are, without the server library and the fetch API. Unusual
 * requests, and those to be refused before execution, are left to the ordinary path, so that no request error has two
 * implementations.
 */
export interface DirectPath {
  /**
   * Returns whether a request may be plain, so that its body, whose length is known, should be read for {@link answer}.
   */
  takes(head: RequestHead): boolean;
  /**
   * Begins to execute a request, or returns null, having done nothing, when the request turns out not to be plain.
   * @param signal aborted when the client has gone.
   */
  answer(
    head: RequestHead,
    body: Uint8Array,
    facts: ConnectionFacts,
    signal?: AbortSignal,
  ): Promise<PlainAnswer> | null;
}

/** The dependencies of the direct path. */
export interface DirectPathOptions {
  readonly prepare: PrepareCall;
  readonly run: RunOperation;
  readonly cors: Cors;
  readonly metrics: Pick<Metrics, 'countPath'>;
  readonly bodyLimitBytes: number;
  readonly isAllowedOrigin: OriginMatcher;
  /** The server library's, for printing errors as it does. */
  readonly fetchAPI: FetchAPI;
}

/** No client caches answers to a `POST`. */
const holdsNone = () => false;

export function createDirectPath(options: DirectPathOptions): DirectPath {
  const { prepare, run, cors, metrics, bodyLimitBytes, isAllowedOrigin, fetchAPI } = options;

  async function execute(
    call: OperationCall,
    state: RequestState,
    type: ResultType,
    crossOrigin: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<PlainAnswer> {
    const { authorization } = state;
    const answer = await run(call, { facts: state, authorization, signal, holds: holdsNone });
    const { status, headers, body } = await print(answer, state, type);
    for (const value of crossOrigin) headers.push(value);
    headers.push('vary', 'Origin, Accept-Language', 'content-language', state.language);
    for (const cookie of state.setCookies()) headers.push('set-cookie', cookie);
    return { status, headers, body };
  }

  async function print(answer: Answer, state: RequestState, type: ResultType): Promise<PlainAnswer> {
    const headers = ['content-type', `${type}; charset=utf-8`];
    if (answer.kind === 'cached') return { status: 200, headers, body: answer.json };
    const result = resultOf(answer);
    if (result.errors) return printErrors(result, state, type);
    try {
      return { status: 200, headers, body: JSON.stringify(result) };
    } catch (error) {
      return printErrors(asFailedResult(error), state, type);
    }
  }

  /** Prints errors as the server library does, with the status that it chooses. */
  async function printErrors(
    failed: ExecutionResult,
    state: RequestState,
    type: ResultType,
  ): Promise<PlainAnswer> {
    const { result, retryAfter } = presentResult(failed, state);
    const response = processRegularResult(result, fetchAPI, type);
    const headers: string[] = [];
    for (const [name, value] of response.headers) {
      const header = name.toLowerCase();
      // The length of every answer is set last.
      if (header !== 'content-length') headers.push(header, value);
    }
    if (retryAfter !== null) headers.push('retry-after', String(retryAfter));
    return { status: response.status, headers, body: await response.text() };
  }

  return {
    takes({ method, url, headers }) {
      return (
        method === 'POST' &&
        url === '/graphql' &&
        headers['transfer-encoding'] === undefined &&
        isWithin(headers['content-length'], bodyLimitBytes) &&
        // Without a `Host`, the server's own address is needed, which only the ordinary path knows.
        Boolean(headers.host)
      );
    },
    answer({ headers: sent }, body, facts, signal) {
      const headers = new NodeHeaders(sent);
      const type = acceptedResultType(headers.get('accept'));
      if (type === null || !isPlainJson(headers)) return null;
      const call = prepare(body);
      if (!call) return null;
      metrics.countPath('direct');
      const crossOrigin = cors.answerHeaders({ headers, url: `http://${sent.host}/graphql` });
      return execute(call, new RequestState(headers, facts, isAllowedOrigin), type, crossOrigin, signal);
    },
  };
}

function isWithin(announced: string | undefined, limit: number): boolean {
  return announced !== undefined && /^[1-9]\d*$/.test(announced) && Number(announced) <= limit;
}
