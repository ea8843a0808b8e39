import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import type { Datasource } from '../../src/config/datasource.ts';
import { DatabaseClient } from '../../src/db/database-client.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { readMetrics } from '../support/metrics.ts';
import { addAdministrator } from '../support/people.ts';

const writers = 4;
const writesEach = 250;

let fleet: TestFleet;
let tenant: TestTenant;
let token: string;
let processes: readonly { readonly app: App; readonly graphql: GraphQLClient }[];

beforeAll(async () => {
  const redisUrl = inject('redisUrl');
  // Sharing what they keep, where the run has a Redis, is one more way to be outdated.
  fleet = await createTestFleet(redisUrl === null ? {} : { REDIS_URL: redisUrl });
  tenant = await fleet.provision('raced01');
  ({ token } = await addAdministrator(fleet, tenant));
  processes = [{ app: fleet.app, graphql: fleet.graphql }, fleet.startApp()];
});
afterAll(() => fleet.close());

const branchesSchema = z.object({
  branches: z.object({
    edges: z.array(z.object({ node: z.object({ code: z.coerce.number(), name: z.coerce.number() }) })),
  }),
});

it('shows no outdated answer in two processes, while others write a thousand times', async () => {
  /** For each writer, the newest of its writes that it was told of. */
  const acknowledged = Array.from({ length: writers }, () => 0);
  const isWriting = () => acknowledged.some((count) => count < writesEach);
  const outdated: string[] = [];
  let reads = 0;

  async function keepWriting(client: pg.Client, writer: number): Promise<void> {
    const isolation = writer % 2 === 0 ? 'read committed' : 'repeatable read';
    await client.query(`SET default_transaction_isolation = '${isolation}'`);
    for (let count = 1; count <= writesEach; count++) {
      await client.query('UPDATE sys.branches SET name = $1 WHERE code = $2', [count, writer]);
      acknowledged[writer] = count;
    }
  }

  async function keepReading(graphql: GraphQLClient): Promise<void> {
    while (isWriting()) {
      const least = [...acknowledged];
      const { data } = await graphql('{ branches { edges { node { code name } } } }', { token });
      reads++;
      for (const { node } of branchesSchema.parse(data).branches.edges) {
        const expected = least[node.code] ?? 0;
        if (node.name < expected) outdated.push(`${node.name} after ${expected}`);
      }
    }
  }

  const owner = await ownerOf(tenant);
  const clients = await Promise.all(acknowledged.map(() => connect(owner)));
  try {
    for (const writer of acknowledged.keys()) {
      await tenant.db.branch.create({ data: { code: String(writer), name: '0' } });
    }
    await Promise.all([...clients.map(keepWriting), ...processes.map(({ graphql }) => keepReading(graphql))]);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  expect(outdated).toEqual([]);
  expect(reads).toBeGreaterThan(50);
});

it('has shown cached answers, too', async () => {
  for (const { app, graphql } of processes) {
    for (let times = 0; times < 2; times++)
      await graphql('{ branches { edges { node { id } } } }', { token });
    expect(await readMetrics(app)).toMatch(/^response_cache_hits_total\{place="(process|redis)"\} [1-9]/m);
  }
});

async function ownerOf({ tenantKey }: TestTenant): Promise<Datasource> {
  const row = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const owner = await ownerDatasource(row, fleet.tools.secrets);
  if (!owner) throw new Error(`Tenant ${tenantKey} has no owner.`);
  return owner;
}

async function connect(datasource: Datasource): Promise<pg.Client> {
  const client = new DatabaseClient(datasource);
  await client.connect();
  return client;
}
