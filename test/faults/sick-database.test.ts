import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import {
  count,
  createLoadTenants,
  createTally,
  describeTally,
  type LoadTenant,
  type LoadTenants,
  percentile,
  readOwnName,
  type Tally,
  writePosition,
} from '../support/load-tenants.ts';

const secondsOfLoad = 6;
const connectionTimeoutSeconds = 2;
const statementTimeoutSeconds = 3;

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;
let sick: LoadTenant;
let proxy: DatabaseProxy;

beforeAll(async () => {
  fleet = await createTestFleet({
    // A cached answer needs no statement that could fail.
    RESPONSE_CACHE_TTL: '0',
    CONNECTION_BUDGET: '12',
    TENANT_CONNECTION_TIMEOUT: String(connectionTimeoutSeconds),
    PLAN_LIMITS: JSON.stringify({ starter: { concurrency: 3, statementTimeoutSeconds } }),
  });
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'sick', 5);
  sick = loadTenants.at(1);
  const { dbPort } = await rowOf(sick);
  proxy = await startDatabaseProxy(dbPort);
  await fleet.tools.central.tenant.update({
    where: { tenantKey: sick.tenantKey },
    data: { dbHost: '127.0.0.1', dbPort: proxy.port },
  });
  await fleet.tools.invalidate(sick.tenantKey);
});
afterAll(async () => {
  await fleet.app.close();
  await proxy.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
});

const rowOf = ({ tenantKey }: LoadTenant) =>
  fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

const cut = () => server.endConnections(sick.dbName);

/** Each tenant is asked by two at a time, a pause between any two requests, for some seconds. */
async function load(seconds: number, ask = readOwnName): Promise<{ sick: Tally; others: Tally }> {
  const tallies = { sick: createTally(), others: createTally() };
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    loadTenants.all.flatMap((loadTenant) =>
      [0, 1].map(async () => {
        while (performance.now() < until) {
          const tally = loadTenant === sick ? tallies.sick : tallies.others;
          await count(tally, loadTenant, () =>
            loadTenant === sick ? ask(fleet.graphql, loadTenant) : readOwnName(fleet.graphql, loadTenant),
          );
          await delay(100);
        }
      }),
    ),
  );
  return tallies;
}

async function expectServedAgain(): Promise<number> {
  const startedAt = performance.now();
  await vi.waitFor(async () => expect((await readOwnName(fleet.graphql, sick)).codes).toEqual([]), {
    timeout: 15_000,
    interval: 50,
  });
  return performance.now() - startedAt;
}

interface Fault {
  readonly name: string;
  readonly codes: readonly string[];
  /** The maximum duration of a request of the sick tenant. */
  readonly slowest: number;
  begin(): Promise<unknown> | unknown;
  end(): Promise<unknown> | unknown;
  readonly ask?: typeof readOwnName;
}

/** A server that is being restarted is waited for that long. */
const quick = 3_000;

const faults: readonly Fault[] = [
  {
    name: 'down',
    codes: ['TENANT_UNAVAILABLE'],
    slowest: quick,
    async begin() {
      proxy.aimAt(1);
      await cut();
    },
    end: async () => proxy.aimAt((await rowOf(loadTenants.at(0))).dbPort),
  },
  {
    name: 'dropped',
    codes: ['TENANT_UNAVAILABLE'],
    slowest: quick,
    async begin() {
      await server.run(`ALTER DATABASE "${sick.dbName}" ALLOW_CONNECTIONS false`);
      await cut();
      await server.run(`ALTER DATABASE "${sick.dbName}" RENAME TO "${sick.dbName}_dropped"`);
    },
    async end() {
      await server.run(`ALTER DATABASE "${sick.dbName}_dropped" RENAME TO "${sick.dbName}"`);
      await server.run(`ALTER DATABASE "${sick.dbName}" ALLOW_CONNECTIONS true`);
    },
  },
  {
    name: 'closed to its role',
    codes: ['TENANT_UNAVAILABLE'],
    slowest: quick,
    async begin() {
      await server.run(
        `REVOKE CONNECT ON DATABASE "${sick.dbName}" FROM PUBLIC, "${(await rowOf(sick)).dbUser}"`,
      );
      await cut();
    },
    end: async () =>
      server.run(`GRANT CONNECT ON DATABASE "${sick.dbName}" TO "${(await rowOf(sick)).dbUser}"`),
  },
  {
    name: 'out of connections',
    codes: ['TENANT_UNAVAILABLE'],
    slowest: quick,
    async begin() {
      await server.run(`ALTER DATABASE "${sick.dbName}" CONNECTION LIMIT 0`);
      await cut();
    },
    end: () => server.run(`ALTER DATABASE "${sick.dbName}" CONNECTION LIMIT -1`),
  },
  {
    name: 'read-only, and changed',
    codes: ['TENANT_UNAVAILABLE'],
    slowest: quick,
    ask: (graphql, loadTenant) => writePosition(graphql, loadTenant, 'x'),
    async begin() {
      await server.run(`ALTER DATABASE "${sick.dbName}" SET default_transaction_read_only = on`);
      await cut();
    },
    async end() {
      await server.run(`ALTER DATABASE "${sick.dbName}" RESET default_transaction_read_only`);
      await cut();
    },
  },
  {
    name: 'hanging',
    codes: ['TENANT_UNAVAILABLE', 'TENANT_BUSY'],
    // A statement that was under way, and what a transaction may take beyond.
    slowest: 20_000,
    begin: () => proxy.freeze(),
    end: () => proxy.thaw(),
  },
];

describe.each(faults.map((fault) => [fault.name, fault] as const))(
  'a tenant’s database that is %s',
  (name, { codes, slowest, begin, end, ask }) => {
    let over = true;
    const repair = async () => {
      if (!over) await end();
      over = true;
    };
    beforeEach(async () => void (await expectServedAgain()));
    afterEach(repair);

    it('fails its own tenant’s requests alone, quickly and with a clear code, and is found repaired', async () => {
      const before = await load(secondsOfLoad / 2);
      over = false;
      await begin();
      const during = await load(secondsOfLoad, ask);
      await repair();
      const recovered = await expectServedAgain();
      const ratio =
        percentile(during.others.milliseconds, 0.99) / percentile(before.others.milliseconds, 0.99);
      process.stdout.write(
        `${name}: ${describeTally(during.sick)}; others: ${describeTally(during.others)} ` +
          `(p99 ${ratio.toFixed(2)} times that before); served again after ${recovered.toFixed(0)} ms\n`,
      );
      expect(during.others).toMatchObject({ failed: 0, wrongTenant: 0 });
      expect(during.sick).toMatchObject({ failed: during.sick.sent, notRetryable: 0 });
      for (const code of during.sick.codes.keys()) expect(codes).toContain(code);
      expect(Math.max(...during.sick.milliseconds)).toBeLessThan(slowest);
    });
  },
);

describe('a tenant’s database that is slow', () => {
  it('keeps its requests no longer than its timeouts, and nobody else’s', async () => {
    await expectServedAgain();
    const before = await load(secondsOfLoad / 2);
    const locker = new pg.Client({ ...fleet.tools.tenantAdminDatasource, database: sick.dbName });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE sys.users IN ACCESS EXCLUSIVE MODE');
    const during = await load(secondsOfLoad).finally(() => locker.end());
    const recovered = await expectServedAgain();
    const ratio = percentile(during.others.milliseconds, 0.99) / percentile(before.others.milliseconds, 0.99);
    process.stdout.write(
      `slow: ${describeTally(during.sick)}; others: ${describeTally(during.others)} ` +
        `(p99 ${ratio.toFixed(2)} times that before); served again after ${recovered.toFixed(0)} ms\n`,
    );
    expect(during.others).toMatchObject({ failed: 0, wrongTenant: 0 });
    expect(during.sick).toMatchObject({ failed: during.sick.sent, notRetryable: 0 });
    expect(Math.max(...during.sick.milliseconds)).toBeLessThan(
      (statementTimeoutSeconds + connectionTimeoutSeconds + 2) * 1_000,
    );
  });
});
