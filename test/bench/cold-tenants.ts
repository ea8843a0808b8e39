import { startApi } from './api-process.ts';
import { askOn, withConnectionTo } from './asking.ts';
import { startBareServer } from './bare-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import { type BenchRequest, pageRequest } from './requests.ts';
import type { ServerProcess } from './server-process.ts';
import { median, spreadOf } from './statistics.ts';
import { withServers } from './with-servers.ts';

/** Enough for the code of a server to be compiled. */
const warmingRequests = 500;

/** Enough for the medians of one tenant's warm requests. */
const warmRequests = 5;

/**
 * The time of a tenant's first request: its row in the central database, a client, a connection, the compilation of its
 * query. One request at a time, on a server that has answered many for another tenant. Each server is asked for tenants
 * of its own: PostgreSQL, too, has to get to know a database.
 */
export async function compareColdTenants({ fleet, scale }: Bench): Promise<Comparison[]> {
  const warm = fleet.tenant(0);
  const cold = fleet.tenants.slice(1, 1 + scale.coldTenants);
  return withServers([startBareServer(fleet, [warm, ...cold]), startApi(fleet)], async ([bare, api]) => {
    const bareRequest = ({ tenantKey }: BenchTenant) => pageRequest(tenantKey);
    const apiRequest = ({ token }: BenchTenant) => pageRequest(token);
    await Promise.all([warmUp(bare, bareRequest(warm)), warmUp(api, apiRequest(warm))]);
    const rounds: Round[] = [];
    const perRound = Math.floor(cold.length / scale.rounds);
    for (let round = 0; round < scale.rounds; round++) {
      const tenants = cold.slice(round * perRound, (round + 1) * perRound);
      rounds.push(
        await measureRound(
          { server: bare, requests: tenants.filter((_, index) => index % 2 === 0).map(bareRequest) },
          { server: api, requests: tenants.filter((_, index) => index % 2 === 1).map(apiRequest) },
        ),
      );
    }
    const row = (name: string, figure: (round: Round) => number) => ({
      name,
      figures: { 'median ms': spreadOf(rounds.map(figure)) },
    });
    return [
      {
        title: `The first request of a tenant against connecting and one query (${cold.length} tenants)`,
        measured: [
          row('bare, cold', ({ bareCold }) => bareCold),
          row('API, cold', ({ apiCold }) => apiCold),
          row('API, warm', ({ apiWarm }) => apiWarm),
        ],
        ratios: [
          row('API, cold / bare, cold', ({ apiCold, bareCold }) => apiCold / bareCold),
          row('API, cold / warm', ({ apiCold, apiWarm }) => apiCold / apiWarm),
        ],
      },
    ];
  });
}

interface Asked {
  readonly server: ServerProcess;
  readonly requests: readonly BenchRequest[];
}

interface Round {
  readonly bareCold: number;
  readonly apiCold: number;
  readonly apiWarm: number;
}

async function measureRound(bare: Asked, api: Asked): Promise<Round> {
  const bareTimes: number[] = [];
  const apiTimes: number[] = [];
  const warmTimes: number[] = [];
  for (const [index, request] of api.requests.entries()) {
    const bareRequest = bare.requests[index];
    if (bareRequest) bareTimes.push(...(await timeEach(bare.server, bareRequest, 1)));
    const [first = Number.NaN, ...next] = await timeEach(api.server, request, 1 + warmRequests);
    apiTimes.push(first);
    warmTimes.push(median(next));
  }
  return { bareCold: median(bareTimes), apiCold: median(apiTimes), apiWarm: median(warmTimes) };
}

function timeEach(server: ServerProcess, request: BenchRequest, times: number): Promise<number[]> {
  return withConnectionTo(server, async (connection) => {
    const durations: number[] = [];
    for (let index = 0; index < times; index++) {
      const started = performance.now();
      await askOn(connection, request);
      durations.push(performance.now() - started);
    }
    return durations;
  });
}

async function warmUp(server: ServerProcess, request: BenchRequest): Promise<void> {
  await timeEach(server, request, warmingRequests);
}
