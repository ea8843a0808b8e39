import { isDeepStrictEqual } from 'node:util';
import { startApi, withoutCache } from './api-process.ts';
import { askOnce } from './asking.ts';
import { startBareServer } from './bare-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { Arm } from './load.ts';
import { compareLoads, ratioOf } from './load-rounds.ts';
import { rowsOf } from './page-rows.ts';
import { postGraphilePage, startPostGraphile } from './peers.ts';
import { type BenchRequest, pageRequest, typenameRequest, variablePageRequests } from './requests.ts';
import { withServers } from './with-servers.ts';

/** The application's cost beyond the SQL statement and the HTTP server that any page needs. */
export async function comparePage(bench: Bench): Promise<Comparison[]> {
  const { fleet, scale, peers } = bench;
  const tenant = fleet.tenant(0);
  return withServers([startBareServer(fleet, [tenant]), startApi(fleet)], async ([bareServer, server]) => {
    const bare: Arm = { name: 'bare', server: bareServer, requests: [pageRequest(tenant.tenantKey)] };
    const api: Arm = { name: 'API', server, requests: [pageRequest(tenant.token)] };
    const variable: Arm = {
      name: 'API, $first changes',
      server,
      requests: variablePageRequests(tenant.token),
    };
    await assertSamePage(bare, api);
    const title = 'users(first: 20) with department and role, no cache: this API against node:http + pg';
    const arms = [bare, api, variable];
    const ratios = [ratioOf(api, bare), ratioOf(variable, bare)];
    if (!peers) return [await compareLoads({ ...scale, title, arms, ratios })];
    return withServers([startPostGraphile(peers, fleet, tenant)], async ([peer]) => {
      const postGraphile: Arm = { name: 'PostGraphile', server: peer, requests: [postGraphilePage] };
      await assertSameRows(postGraphile, api);
      return [
        await compareLoads({
          ...scale,
          title: `${title}, and against PostGraphile without authorisation`,
          arms: [...arms, postGraphile],
          ratios: [
            ...ratios,
            ratioOf(postGraphile, bare),
            ratioOf(api, postGraphile),
            ratioOf(variable, postGraphile),
          ],
        }),
      ];
    });
  });
}

/** The page that has been asked for before, and of which nothing has changed since. */
export async function compareCachedPage({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenant = fleet.tenant(0);
  return withServers(
    [startBareServer(fleet, [tenant]), startApi(fleet, {}), startApi(fleet, withoutCache)],
    async ([bareServer, server, uncachedServer]) => {
      const bare: Arm = { name: 'bare', server: bareServer, requests: [pageRequest(tenant.tenantKey)] };
      const cached: Arm = { name: 'API, cache on', server, requests: [pageRequest(tenant.token)] };
      const uncached: Arm = { ...cached, name: 'API, cache off', server: uncachedServer };
      await assertSamePage(bare, cached);
      return [
        await compareLoads({
          ...scale,
          title: 'The same page again, with the response cache: this API against node:http + pg',
          arms: [bare, cached, uncached],
          ratios: [ratioOf(cached, bare), ratioOf(cached, uncached)],
        }),
      ];
    },
  );
}

/** The fixed cost of a request. */
export async function compareTypename({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenant = fleet.tenant(0);
  return withServers([startBareServer(fleet, [tenant]), startApi(fleet)], async ([bareServer, server]) => {
    const bare: Arm = { name: 'bare page', server: bareServer, requests: [pageRequest(tenant.tenantKey)] };
    const api: Arm = { name: 'API, { __typename }', server, requests: [typenameRequest(tenant.token)] };
    return [
      await compareLoads({
        ...scale,
        title: '{ __typename } with a token, no cache, against the page of node:http + pg',
        arms: [bare, api],
        ratios: [ratioOf(api, bare)],
      }),
    ];
  });
}

async function assertSamePage(one: Arm, other: Arm): Promise<void> {
  const [page, expected] = await Promise.all([one, other].map(ask));
  if (!isDeepStrictEqual(parse(page), parse(expected)))
    throw new Error(`${one.name} and ${other.name} answer different pages.`);
}

async function assertSameRows(one: Arm, other: Arm): Promise<void> {
  const [page, expected] = await Promise.all([one, other].map(ask));
  if (!page || !expected || !isDeepStrictEqual(rowsOf(page), rowsOf(expected)))
    throw new Error(`${one.name} and ${other.name} answer different rows.`);
}

function ask({ server, requests: [request] }: Arm): Promise<Buffer> {
  if (!request) throw new Error('There is no request.');
  return askOnce(server, request satisfies BenchRequest);
}

function parse(body: Buffer | undefined): unknown {
  return JSON.parse(String(body));
}
