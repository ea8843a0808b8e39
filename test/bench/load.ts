import { createHttpClient } from './http-client.ts';
import type { ServerProcess } from './server-process.ts';
import { percentile } from './statistics.ts';

/** One way of asking for pages. */
export interface Arm {
  readonly name: string;
  readonly server: ServerProcess;
  /** The tokens to send, in turn: one token asks one tenant, several ask one tenant after the other. */
  readonly tokens: readonly string[];
}

/** How to ask. */
export interface LoadOptions {
  readonly connections: number;
  readonly milliseconds: number;
}

/** What one round of load showed. Time is in milliseconds. */
export interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU time that the server used for one request. */
  readonly cpuPerRequest: number;
}

/** Every connection sends its next request as soon as it has its answer. @throws when an answer is not a page. */
export async function putUnderLoad(arm: Arm, options: LoadOptions): Promise<LoadFigures> {
  const client = createHttpClient(arm.server.port, options.connections);
  const durations: number[] = [];
  let sent = 0;
  let bodyBytes: number | undefined;
  const cpuBefore = await arm.server.ask('cpu');
  const started = performance.now();
  const connection = async () => {
    while (performance.now() - started < options.milliseconds) {
      const token = arm.tokens[sent++ % arm.tokens.length] ?? '';
      const begun = performance.now();
      const body = await client.fetchPage(token);
      durations.push(performance.now() - begun);
      bodyBytes ??= assertPage(body);
      if (body.length !== bodyBytes) throw new Error(`${arm.name} answered something else: ${body}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.connections }, connection));
    const seconds = (performance.now() - started) / 1_000;
    const cpu = (await arm.server.ask('cpu')) - cpuBefore;
    return {
      requestsPerSecond: durations.length / seconds,
      p50: percentile(durations, 0.5),
      p99: percentile(durations, 0.99),
      cpuPerRequest: cpu / durations.length,
    };
  } finally {
    client.close();
  }
}

/** All tenants have the same rows, so that all pages have the same length. */
function assertPage(body: Buffer): number {
  if (!body.includes('"edges":[{') || body.includes('"errors"')) throw new Error(`Not a page: ${body}`);
  return body.length;
}
