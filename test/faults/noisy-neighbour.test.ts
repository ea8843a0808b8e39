import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendAtRate } from '../../scripts/support/open-loop.ts';
import { type ServerProcess, startServerProcess } from '../bench/server-process.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { createGraphQLClient, type GraphQLClient } from '../support/graphql-client.ts';
import {
  count,
  createTally,
  describeTally,
  makeResidents,
  percentile,
  type Residents,
  readOwnName,
  type Tally,
} from '../support/residents.ts';

const tenantCount = 10;
const perTenantPerSecond = 4;
const phaseSeconds = 10;
const phases = 4;

let fleet: TestFleet;
let server: DatabaseServer;
let residents: Residents;
let api: ServerProcess;
let graphql: GraphQLClient;

beforeAll(async () => {
  fleet = await createTestFleet({ CONNECTION_BUDGET: '10' });
  server = connectToDatabaseServer();
  residents = await makeResidents(fleet, server, 'nois', tenantCount);
  api = await startServerProcess(new URL('../bench/api-server.ts', import.meta.url), fleet.environment);
  graphql = createGraphQLClient((request) =>
    fetch(new Request(request.url.replace('http://api.test', `http://127.0.0.1:${api.port}`), request)),
  );
  for (const resident of residents.all) await readOwnName(graphql, resident);
});
afterAll(async () => {
  await api.stop();
  await fleet.app.close();
  await residents.remove();
  await server.close();
  await fleet.close();
});

/** Every tenant asks at its own rate, whatever becomes of the others. */
async function phase(noise: number, tally: Tally, noisy: Tally): Promise<void> {
  await Promise.all(
    residents.all.map((resident, index) =>
      sendAtRate(
        {
          requestsPerSecond: perTenantPerSecond * (index === 0 ? noise : 1),
          seconds: phaseSeconds,
          maximumInFlight: 200,
        },
        async () =>
          void (await count(index === 0 ? noisy : tally, resident, () => readOwnName(graphql, resident))),
      ),
    ),
  );
}

it('a tenant that sends ten times the load does not raise the others’ p99 by more than half', async () => {
  const [quiet, loud, noisyQuiet, noisyLoud] = [createTally(), createTally(), createTally(), createTally()];
  await phase(1, createTally(), createTally());
  // In turns, so that whatever else the machine does falls on both.
  for (let turn = 0; turn < phases; turn++) {
    await phase(1, quiet, noisyQuiet);
    await phase(10, loud, noisyLoud);
  }
  const p99 = (tally: Tally) => percentile(tally.milliseconds, 0.99);
  const ratio = p99(loud) / p99(quiet);
  process.stdout.write(
    `noisy neighbour: others beside one like them: ${describeTally(quiet)}; beside one of ten times their load: ` +
      `${describeTally(loud)}; p99 ratio ${ratio.toFixed(2)}; the noisy one: ${describeTally(noisyLoud)}\n`,
  );
  expect(loud).toMatchObject({ failed: 0, wrongTenant: 0 });
  expect(ratio).toBeLessThanOrEqual(1.5);
});
