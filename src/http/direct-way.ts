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
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string;
}

/**
 * Answers the plain `POST` of GraphQL over HTTP, which nearly every request is, without the server library and the
 * fetch API. Whatever is unusual, and whatever has to be refused before it is executed, is left to the ordinary way:
 * no error of a request has two implementations.
 */
export interface DirectWay {
  /** Returns whether a request may be plain: whether {@link answer} should have its body, which has a length. */
  takes(head: RequestHead): boolean;
  /**
   * Begins to execute a request, or returns null when nothing has been done because it is not plain after all.
   * @param signal tells that the client has gone.
   */
  answer(
    head: RequestHead,
    body: Uint8Array,
    facts: ConnectionFacts,
    signal?: AbortSignal,
  ): Promise<PlainAnswer> | null;
}

/** The parts of the direct way. */
export interface DirectWayOptions {
  readonly prepare: PrepareCall;
  readonly run: RunOperation;
  readonly cors: Cors;
  readonly metrics: Pick<Metrics, 'countWay'>;
  readonly bodyLimitBytes: number;
  readonly isAllowedOrigin: OriginMatcher;
  /** The server library's, for what it makes of errors. */
  readonly fetchAPI: FetchAPI;
}

/** Nobody keeps answers to a `POST`. */
const holdsNone = () => false;

export function createDirectWay(options: DirectWayOptions): DirectWay {
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
    if (answer.kind === 'kept') return { status: 200, headers, body: answer.json };
    const result = resultOf(answer);
    if (result.errors) return printErrors(result, state, type);
    try {
      return { status: 200, headers, body: JSON.stringify(result) };
    } catch (error) {
      return printErrors(asFailedResult(error), state, type);
    }
  }

  /** As the server library prints errors, with the status that it finds. */
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
      // Every answer gets its length at its end.
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
        // The server's own address, which is needed without it, is the ordinary way's to know.
        Boolean(headers.host)
      );
    },
    answer({ headers: sent }, body, facts, signal) {
      const headers = new NodeHeaders(sent);
      const type = acceptedResultType(headers.get('accept'));
      if (type === null || !isPlainJson(headers)) return null;
      const call = prepare(body);
      if (!call) return null;
      metrics.countWay('direct');
      const crossOrigin = cors.answerHeaders({ headers, url: `http://${sent.host}/graphql` });
      return execute(call, new RequestState(headers, facts, isAllowedOrigin), type, crossOrigin, signal);
    },
  };
}

function isWithin(announced: string | undefined, limit: number): boolean {
  return announced !== undefined && /^[1-9]\d*$/.test(announced) && Number(announced) <= limit;
}
