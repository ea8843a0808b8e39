import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import {
  count,
  createLoadTenants,
  createTally,
  describeTally,
  type LoadTenant,
  type LoadTenants,
  readOwnName,
} from '../support/load-tenants.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

const requests = 100;

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: LoadTenants;
let elsewhere: OwnPostgres;
/** The two whose databases get mixed up, and one who has nothing to do with it. */
let a: LoadTenant;
let b: LoadTenant;
let c: LoadTenant;

beforeAll(async () => {
  elsewhere = await startOwnPostgres();
  fleet = await createTestFleet();
  server = connectToDatabaseServer();
  loadTenants = await createLoadTenants(fleet, server, 'mixd', 3);
  [a, b, c] = [loadTenants.at(0), loadTenants.at(1), loadTenants.at(2)];
});
afterAll(async () => {
  await fleet.app.close();
  await loadTenants.remove();
  await server.close();
  await fleet.close();
  await elsewhere.remove();
});

let undo: () => Promise<void> = async () => {};
afterEach(() => undo());

beforeEach(async () => {
  for (const loadTenant of loadTenants.all) {
    const served = async () => expect((await readOwnName(fleet.graphql, loadTenant)).codes).toEqual([]);
    // What the test before has broken is found repaired after a pause.
    await vi.waitFor(served, { timeout: 15_000, interval: 50 });
  }
});

async function pointTo(
  { tenantKey }: LoadTenant,
  place: { dbName?: string; dbHost?: string; dbPort?: number },
) {
  await fleet.tools.central.tenant.update({ where: { tenantKey }, data: place });
  await fleet.tools.invalidate(tenantKey);
}

/** Databases can only be renamed or replaced while nobody is connected. */
async function cutOff(...databases: string[]): Promise<void> {
  for (const name of databases) await server.run(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`);
  for (const name of databases) await server.endConnections(name);
}

async function rename(from: string, to: string): Promise<void> {
  await server.run(`ALTER DATABASE "${from}" RENAME TO "${to}"`);
}

async function exchangeNames(): Promise<void> {
  await cutOff(a.dbName, b.dbName);
  await rename(a.dbName, 'mixd_between');
  await rename(b.dbName, a.dbName);
  await rename('mixd_between', b.dbName);
  for (const name of [a.dbName, b.dbName])
    await server.run(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
}

/** Asks all three again and again, and expects an alarm for those that are mixed up and nothing for the others. */
async function expectFailedClosed(name: string, mixedUp: readonly LoadTenant[]): Promise<void> {
  const [wrong, right] = [createTally(), createTally()];
  for (let turn = 0; turn < requests / 10; turn++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const loadTenant = [a, b, c][index % 3] ?? c;
        return count(mixedUp.includes(loadTenant) ? wrong : right, loadTenant, () =>
          readOwnName(fleet.graphql, loadTenant),
        );
      }),
    );
  }
  process.stdout.write(`${name}: ${describeTally(wrong)}; other tenants: ${describeTally(right)}\n`);
  expect(wrong.wrongTenant).toBe(0);
  expect([...wrong.codes]).toEqual([['TENANT_MISMATCH', wrong.sent]]);
  expect(right).toMatchObject({ failed: 0, wrongTenant: 0 });
}

describe('nobody is served another tenant’s rows', () => {
  it('when two tenants’ databases are swapped in the registry', async () => {
    const swap = async () => {
      const { dbName } = await fleet.tools.central.tenant.findUniqueOrThrow({
        where: { tenantKey: a.tenantKey },
      });
      const [ofA, ofB] = dbName === a.dbName ? [b.dbName, a.dbName] : [a.dbName, b.dbName];
      await pointTo(a, { dbName: 'nowhere' });
      await pointTo(b, { dbName: ofB });
      await pointTo(a, { dbName: ofA });
    };
    undo = swap;
    await swap();
    await expectFailedClosed('swapped in the registry', [a, b]);
  });

  it('when two databases have exchanged their names', async () => {
    undo = exchangeNames;
    await exchangeNames();
    await expectFailedClosed('renamed', [a, b]);
  });

  it('when one database was restored over another', async () => {
    const restore = async (from: string) => {
      await cutOff(a.dbName, from);
      await rename(a.dbName, `${a.dbName}_lost`);
      await server.run(`CREATE DATABASE "${a.dbName}" TEMPLATE "${from}"`);
      const { dbUser } = await fleet.tools.central.tenant.findUniqueOrThrow({
        where: { tenantKey: a.tenantKey },
      });
      await server.run(`ALTER DATABASE "${a.dbName}" OWNER TO "${dbUser}-owner"`);
      await server.run(`GRANT CONNECT ON DATABASE "${a.dbName}" TO "${dbUser}"`);
      await server.run(`ALTER DATABASE "${from}" ALLOW_CONNECTIONS true`);
    };
    undo = async () => {
      await server.run(`DROP DATABASE "${a.dbName}" WITH (FORCE)`);
      await rename(`${a.dbName}_lost`, a.dbName);
      await server.run(`ALTER DATABASE "${a.dbName}" ALLOW_CONNECTIONS true`);
    };
    await restore(b.dbName);
    await expectFailedClosed('restored over another', [a]);
  });

  it('when the port leads to another server that has a database and a role of the same names', async () => {
    const row = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: a.tenantKey } });
    const { password } = await tenantDatasource(row, fleet.tools.secrets);
    const proxy = await startDatabaseProxy(elsewhere.port);
    // One fleet gives no two of its tenants the same names, wherever they are.
    const other = await createTestFleet();
    undo = async () => {
      await pointTo(a, { dbHost: row.dbHost, dbPort: row.dbPort });
      await Promise.all([proxy.close(), other.close()]);
    };
    await provisionTenant(
      { ...other.tools, tenantAdminDatasource: parseDatasourceUrl(elsewhere.superuserUrl) },
      {
        tenantKey: 'stray01',
        companyName: 'Stray',
        dbName: row.dbName,
        dbUser: row.dbUser,
        dbPassword: password,
      },
    );
    await pointTo(a, { dbHost: '127.0.0.1', dbPort: proxy.port });
    await expectFailedClosed('port leads elsewhere', [a]);
  });
});
