import { isDeepStrictEqual } from 'node:util';
import { compareLoads } from './compare-loads.ts';
import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import { createHttpClient } from './http-client.ts';
import type { Scale } from './scale.ts';
import type { ServerProcess } from './server-process.ts';

/** What the application adds to the SQL statement and the HTTP server that the page takes in any case. */
export async function comparePageAgainstBare(
  api: ServerProcess,
  bare: ServerProcess,
  tenant: BenchTenant,
  scale: Scale,
): Promise<Comparison> {
  const [answer, expected] = await Promise.all([readPage(api, tenant), readPage(bare, tenant)]);
  if (!isDeepStrictEqual(answer, expected)) throw new Error('The two servers answer different pages.');
  return compareLoads({
    title: 'users(first: 20) with department and role: this API against node:http + pg',
    reference: { name: 'bare', server: bare, tokens: [tenant.token] },
    others: [{ name: 'API', server: api, tokens: [tenant.token] }],
    rounds: scale.rounds,
    milliseconds: scale.roundMilliseconds,
    connections: scale.connections,
  });
}

async function readPage({ port }: ServerProcess, { token }: BenchTenant): Promise<unknown> {
  const client = createHttpClient(port, 1);
  try {
    return JSON.parse((await client.fetchPage(token)).toString());
  } finally {
    client.close();
  }
}
