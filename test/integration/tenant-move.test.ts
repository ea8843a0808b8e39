import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, provisionNamed } from '../support/named-tenants.ts';
import { runScript } from '../support/run-script.ts';
import { describeLoad, startSteadyLoad } from '../support/steady-load.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

let fleet: TestFleet;
let proxy: TcpProxy;
let home: { readonly dbHost: string; readonly dbPort: number };
let server: pg.Client;

beforeAll(async () => {
  fleet = await createTestFleet({ TENANT_CONNECTION_TIMEOUT: '30', TENANT_DIRECTORY_CACHE_TTL: '1' });
  const { host, port } = fleet.tools.tenantAdminDatasource;
  home = { dbHost: host, dbPort: port };
  proxy = await startTcpProxy(host, port);
  server = new pg.Client({ connectionString: inject('postgresUrl') });
  await server.connect();
});
afterAll(async () => {
  await server.end();
  // The databases are removed where they really are.
  await fleet.tools.central.tenant.updateMany({ data: home });
  await fleet.close();
  await proxy.close();
});

const move = (tenantKey: string, place: Parameters<typeof moveTenant>[2], trusted = false) =>
  moveTenant(fleet.tools, tenantKey, place, trusted);
const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

describe('a tenant whose database has another address', () => {
  it('is served there at once, and no connection to the old address is left', async () => {
    const tenant = await provisionNamed(fleet, 'moved1');
    await askForName(fleet.graphql, tenant);
    expect(await move('moved1', { dbHost: '127.0.0.1', dbPort: proxy.port })).toMatchObject({ moved: true });
    await askForName(fleet.graphql, tenant);
    expect(proxy.connections()).toBeGreaterThan(0);
    await move('moved1', home);
    await askForName(fleet.graphql, tenant);
    await vi.waitFor(() => expect(proxy.connections()).toBe(0));
    expect(await move('moved1', home)).toMatchObject({ moved: false });
  });

  it('answers every one of 200 requests a second, in two processes of which one hears nothing', async () => {
    const tenants = [await provisionNamed(fleet, 'moved2'), await provisionNamed(fleet, 'stays2')];
    const clients = [fleet.graphql, fleet.startApp().graphql];
    const load = startSteadyLoad(200, async (turn) => {
      const tenant = tenants[Math.floor(turn / 2) % 2];
      const client = clients[turn % 2];
      if (tenant && client) await askForName(client, tenant);
    });
    try {
      await move('moved2', { dbPort: proxy.port, dbHost: '127.0.0.1' });
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(proxy.connections()).toBeGreaterThan(0);
      await move('moved2', home);
      await vi.waitFor(() => expect(proxy.connections()).toBe(0), { timeout: 10_000 });
    } finally {
      const result = await load.stop();
      process.stdout.write(describeLoad('moved to another port and back', result));
      expect(result.failures).toEqual({});
    }
    await vi.waitFor(() =>
      expect(fleet.app.tenantClientStatistics()).toMatchObject({ draining: 0, leases: 0 }),
    );
  }, 60_000);

  it('can be moved by a script', async () => {
    await fleet.provision('moved3');
    const done = await runScript(
      'scripts/move-tenant.ts',
      ['--tenant-key', 'moved3', '--db-host', '127.0.0.1', '--db-port', String(proxy.port), '--json'],
      fleet.environment,
    );
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({ moved: true, proof: expect.any(String) });
    expect(await rowOf('moved3')).toMatchObject({ dbHost: '127.0.0.1', dbPort: proxy.port });
  });
});

describe('a tenant is not moved', () => {
  it('to where it can’t sign in', async () => {
    await fleet.provision('stays3');
    const before = await rowOf('stays3');
    await expect(move('stays3', { dbPort: 1 })).rejects.toThrow(/can't work at .*:1\/.*ECONNREFUSED/);
    await expect(move('stays3', { dbName: 'nowhere' })).rejects.toThrow(/"nowhere" does not exist/);
    expect(await rowOf('stays3')).toEqual(before);
    await expect(move('nobody3', { dbPort: 1 })).rejects.toThrow('There is no tenant nobody3.');
  });

  it('to a database of another encoding than UTF-8', async () => {
    const dbName = `latin_${fleet.placeFor('stays3').dbName}`;
    const name = pg.escapeIdentifier(dbName);
    await server.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    onTestFinished(() => server.query(`DROP DATABASE ${name}`).then(() => {}));
    await expect(move('stays3', { dbName })).rejects.toThrow(
      `The database ${dbName} has the encoding LATIN1: it must be UTF8.`,
    );
  });

  it('to a database that is marked as another tenant’s', async () => {
    const { runAsOwner } = await fleet.provision('marked4');
    await fleet.provision('other4');
    const { id, dbUser } = await rowOf('marked4');
    await runAsOwner(
      `CREATE TABLE IF NOT EXISTS sys.tenant_marker (tenant_id int, tenant_key text);
       INSERT INTO sys.tenant_marker (tenant_id, tenant_key) SELECT ${id}, 'marked4'
       WHERE NOT EXISTS (SELECT FROM sys.tenant_marker);
       GRANT SELECT ON sys.tenant_marker TO ${pg.escapeIdentifier(dbUser)}`,
    );
    expect(await move('marked4', { dbHost: '127.0.0.1', dbPort: proxy.port })).toMatchObject({
      proof: 'marker',
    });
    await move('marked4', home);
    await letInto('marked4', 'other4');
    await expect(move('other4', { dbName: (await rowOf('marked4')).dbName })).rejects.toThrow(
      `is that of tenant marked4 (id ${id})`,
    );
  });

  it('to a database with other users, nor to one that nothing is known of, unless it is trusted', async () => {
    await fleet.provision('here5');
    await fleet.provision('copy5');
    await letInto('copy5', 'here5');
    const { dbName } = await rowOf('copy5');
    await dropMarker('copy5');
    await expect(move('here5', { dbName })).rejects.toThrow(/the first of its users is another one/);
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'here5' }, data: { dbPort: 1 } });
    await expect(move('here5', { ...home, dbName })).rejects.toThrow(/Nothing proves that .* Use --trust/);
    // Two tenants can't have their database at one place.
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'copy5' }, data: { dbPort: 1 } });
    expect(await move('here5', { ...home, dbName }, true)).toMatchObject({ proof: 'trusted' });
    await expect(move('copy5', home, true)).rejects.toThrow(/Another tenant has its database at/);
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'here5' },
      data: { dbName: fleet.placeFor('here5').dbName },
    });
  });
});

/** Gives the application of one tenant what that of another may do in its database. */
async function letInto(ownerKey: string, guestKey: string): Promise<void> {
  const [owner, guest] = [await rowOf(ownerKey), await rowOf(guestKey)];
  const grant = `${pg.escapeIdentifier(owner.dbUser)} TO ${pg.escapeIdentifier(guest.dbUser)}`;
  await server.query(`GRANT ${grant}`);
  onTestFinished(() => server.query(`REVOKE ${grant.replace(' TO ', ' FROM ')}`).then(() => {}));
}

/** Databases from before there were markers have none. */
async function dropMarker(tenantKey: string): Promise<void> {
  const client = new pg.Client({
    ...fleet.tools.tenantAdminDatasource,
    database: (await rowOf(tenantKey)).dbName,
  });
  await client.connect();
  await client.query('DROP TABLE IF EXISTS sys.tenant_marker').finally(() => client.end());
}
