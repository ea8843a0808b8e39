import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { watchConnections } from '../support/connection-watch.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import {
  count,
  createLoadTenants,
  createTally,
  describeTally,
  type LoadTenants,
  readOwnName,
  writePosition,
} from '../support/load-tenants.ts';

const tenantCount = 200;
const clientCapacity = 10;
const budget = 10;
const seconds = 60;
const concurrency = 20;
const mostRequests = 20_000;

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;

beforeAll(async () => {
  fleet = await createTestFleet({
    TENANT_CLIENT_CAPACITY: String(clientCapacity),
    CONNECTION_BUDGET: String(budget),
    // How long a busy machine takes is not the question here.
    TENANT_CONNECTION_TIMEOUT: '30',
  });
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'stor', tenantCount);
}, 600_000);
afterAll(async () => {
  await fleet.app.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
}, 600_000);

it(`${seconds} s of requests to ${tenantCount} tenants through ${clientCapacity} clients never open more than ${budget} connections`, async () => {
  const watch = await watchConnections(
    inject('postgresUrl'),
    loadTenants.all.map(({ dbName }) => dbName),
  );
  const tally = createTally();
  const until = performance.now() + seconds * 1_000;
  let turn = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < until && turn < mostRequests) {
        const loadTenant = loadTenants.at((turn * 7) % tenantCount);
        const write = turn++ % 5 === 0;
        await count(tally, loadTenant, () =>
          write ? writePosition(fleet.graphql, loadTenant, 'x') : readOwnName(fleet.graphql, loadTenant),
        );
      }
    }),
  );
  const { most, looks } = await watch.stop();
  const { built } = fleet.app.tenantClientStatistics();
  process.stdout.write(
    `storm: ${describeTally(tally)}, ${built} clients built, at most ${most} connections of ${budget} in ${looks} looks\n`,
  );
  expect(tally).toMatchObject({ failed: 0, wrongTenant: 0 });
  expect(most).toBeLessThanOrEqual(budget);
  expect(most).toBeGreaterThan(budget / 2);
  expect(built).toBeGreaterThan(tenantCount);
  await vi.waitFor(() =>
    expect(fleet.app.connectionStatistics()).toMatchObject({ inUse: 0, waiting: 0, busyRefusals: 0 }),
  );
}, 200_000);
