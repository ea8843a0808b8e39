import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import type { BenchRequest } from './requests.ts';

/** Requests of one sender. */
export interface Sender {
  readonly request: BenchRequest;
  readonly requestsPerSecond: number;
  /** Whether a server that has too much to do may say this instead. */
  isRefusal(body: Buffer): boolean;
}

/** What became of a sender's requests. */
export interface Sent {
  /** Milliseconds from when a request was due until its answer, of those that got theirs. */
  readonly answered: readonly number[];
  /** How many were refused. */
  readonly refused: number;
}

/** Connections of one sender: a browser or a gateway opens no more at once, and what is due then waits in it. */
const mostConnections = 250;

/**
 * Sends when it is time to, whether the earlier requests have been answered or not, and waits for all answers. Time
 * counts from the moment that a request was due: neither a server nor a generator that falls behind makes itself better
 * than it is.
 * @throws for an answer that is neither the request's nor a refusal, once all have been given.
 * @param offset of the first request, as a share of the time between two.
 */
export async function sendAtFixedRate(
  port: number,
  { request, requestsPerSecond, isRefusal }: Sender,
  milliseconds: number,
  offset: number,
): Promise<Sent> {
  const answered: number[] = [];
  let refused = 0;
  let failure: unknown;
  const connections: HttpConnection[] = [];
  const idle: HttpConnection[] = [];
  const waiting: number[] = [];
  const underWay = new Set<Promise<void>>();
  const started = performance.now();

  async function serve(connection: HttpConnection, first: number): Promise<void> {
    for (let due: number | undefined = first; due !== undefined; due = waiting.shift()) {
      try {
        const { status, body } = await connection.ask(request.bytes);
        if (status === 200 && request.isAnswer(body)) answered.push(performance.now() - due);
        else if (isRefusal(body)) refused++;
        else throw new Error(`The server answered ${status}: ${body}`);
      } catch (error) {
        failure ??= error;
      }
    }
    idle.push(connection);
  }

  function begin(due: number): void {
    const connection = idle.pop() ?? open();
    if (!connection) {
      waiting.push(due);
      return;
    }
    const served = serve(connection, due).finally(() => underWay.delete(served));
    underWay.add(served);
  }

  function open(): HttpConnection | undefined {
    if (connections.length >= mostConnections) return undefined;
    const connection = new HttpConnection(port);
    connections.push(connection);
    return connection;
  }

  const total = Math.max(1, Math.floor((requestsPerSecond * milliseconds) / 1_000));
  try {
    for (let turn = 0; turn < total; turn++) {
      const due = started + ((turn + offset) / requestsPerSecond) * 1_000;
      const early = due - performance.now();
      if (early > 1) await delay(early);
      begin(due);
    }
    while (underWay.size > 0) await Promise.all(underWay);
    if (failure !== undefined) throw failure;
    return { answered, refused };
  } finally {
    for (const connection of connections) connection.close();
  }
}
