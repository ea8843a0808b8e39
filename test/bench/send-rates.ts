import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import type { Outcome, Rates } from './rates.ts';
import { graphqlRequest } from './requests.ts';

/** Of one sender: a gateway, or fifty browsers, open no more at once, and what is due then waits in them. */
const mostConnections = 250;

/** Sends one request, and resolves when it is answered. @param due when it should have been sent. */
type Send = (due: number) => Promise<void>;

/** Sends for as long as is asked for, and waits for all answers. */
export async function sendRates({ port, query, seconds, senders }: Rates): Promise<Outcome> {
  const milliseconds: number[] = [];
  const answers: Record<string, number> = {};
  const started = performance.now();
  const until = started + seconds * 1_000;

  function count(kind: string, due: number): void {
    if (kind === 'data') milliseconds.push(performance.now() - due);
    answers[kind] = (answers[kind] ?? 0) + 1;
  }

  async function oneAfterTheOther(sendOne: Send): Promise<void> {
    for (let now = performance.now(); now < until; now = performance.now()) await sendOne(now);
  }

  /** The time at which it is due, whether or not earlier ones have been answered. */
  async function sendOften(sendOne: Send, perSecond: number, offset: number): Promise<void> {
    const total = Math.max(1, Math.floor(perSecond * seconds));
    const underWay = new Set<Promise<void>>();
    for (let turn = 0; turn < total; turn++) {
      const due = started + ((turn + offset) / perSecond) * 1_000;
      const early = due - performance.now();
      if (early > 1) await delay(early);
      const sent = sendOne(due).finally(() => underWay.delete(sent));
      underWay.add(sent);
    }
    await Promise.all(underWay);
  }

  await Promise.all(
    senders.map(async (sender, index) => {
      const { token, expects } = sender;
      const request = graphqlRequest(
        token,
        { query },
        (body) => body.includes(expects) && !body.includes('"errors"'),
      );
      const connections = connectionsOf(token, port);
      const sendOne: Send = async (due) => {
        const kind = await connections
          .ask(request.bytes)
          .then(({ body }) => kindOf(body, request.isAnswer(body)), reasonOf);
        count(kind, due);
      };
      // Not all at the same moment.
      if ('perSecond' in sender) await sendOften(sendOne, sender.perSecond, index / senders.length);
      else await Promise.all(Array.from({ length: sender.atOnce }, () => oneAfterTheOther(sendOne)));
    }),
  );
  return { milliseconds, answers };
}

const known = new Map<string, Connections>();

/** They are kept, as browsers and gateways keep theirs: opening many at once is another load. */
function connectionsOf(token: string, port: number): Connections {
  const key = `${port} ${token}`;
  const connections = known.get(key) ?? new Connections(port);
  known.set(key, connections);
  return connections;
}

/** Connections of one sender: those that are free, and what waits for one. */
class Connections {
  readonly #port: number;
  #opened = 0;
  readonly #free: HttpConnection[] = [];
  readonly #waiting: ((connection: HttpConnection) => void)[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async ask(request: Buffer): Promise<{ readonly body: Buffer }> {
    const connection = this.#free.pop() ?? this.#open() ?? (await this.#next());
    try {
      return await connection.ask(request);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(connection);
      else this.#free.push(connection);
    }
  }

  #open(): HttpConnection | undefined {
    if (this.#opened >= mostConnections) return undefined;
    this.#opened++;
    return new HttpConnection(this.#port);
  }

  #next(): Promise<HttpConnection> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

function kindOf(body: Buffer, isExpected: boolean): string {
  if (isExpected) return 'data';
  return /"code":"(\w+)"/.exec(body.toString())?.[1] ?? 'other data';
}

const reasonOf = ({ message }: Error): string => message;
