import { askOn } from './asking.ts';
import { HttpConnection } from './http-connection.ts';
import type { BenchRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';
import { percentile } from './statistics.ts';

/** One way of asking. */
export interface Arm {
  readonly name: string;
  readonly server: ServerProcess;
  /** Sent in turn. */
  readonly requests: readonly BenchRequest[];
  /** The number of times that each request is sent before the first round at least; 0 if omitted. */
  readonly warmingTimes?: number;
}

/** The load to generate. */
export interface LoadOptions {
  readonly connections: number;
  readonly milliseconds: number;
  /** The number of times that each request is sent at least, however long that takes; 0 if omitted. */
  readonly timesEach?: number;
}

/** The figures of one round of load, in milliseconds. */
export interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU time that the server used for one request. */
  readonly cpuPerRequest: number;
}

/**
 * Every connection sends its next request as soon as it has its answer.
 * @throws when an answer is not its request's, or not as long as it was the first time.
 */
export async function putUnderLoad(arm: Arm, options: LoadOptions): Promise<LoadFigures> {
  const { requests, server } = arm;
  const { milliseconds, timesEach = 0 } = options;
  const fewest = timesEach * requests.length;
  const connections = Array.from({ length: options.connections }, () => new HttpConnection(server.port));
  const lengths = new Map<BenchRequest, number>();
  const durations: number[] = [];
  let sent = 0;
  const cpuBefore = await server.ask('cpu');
  const started = performance.now();
  const load = async (connection: HttpConnection) => {
    for (;;) {
      const begun = performance.now();
      const request = requests[sent++ % requests.length];
      if (!request || (begun - started >= milliseconds && sent > fewest)) return;
      const { length } = await askOn(connection, request);
      durations.push(performance.now() - begun);
      const expected = lengths.get(request);
      if (expected === undefined) lengths.set(request, length);
      else if (expected !== length) throw new Error(`${arm.name} answered ${length} bytes, not ${expected}.`);
    }
  };
  try {
    await Promise.all(connections.map(load));
    const seconds = (performance.now() - started) / 1_000;
    const cpu = (await server.ask('cpu')) - cpuBefore;
    return {
      requestsPerSecond: durations.length / seconds,
      p50: percentile(durations, 0.5),
      p99: percentile(durations, 0.99),
      cpuPerRequest: cpu / durations.length,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}
