import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { deployWithCli } from '../../src/tenancy/fleet/deploy-with-cli.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { runScript } from '../support/run-script.ts';

const migration = { tenantKeys: [], concurrency: 2, dryRun: false, engine: 'wasm' } as const;
const rotation = { graceSeconds: 0, drainSeconds: 1 } as const;

const server = parseDatasourceUrl(inject('postgresUrl'));

let folder: string;
let socket: Server;
/** Listens where a program would go that takes the socket's folder for nothing, or for `localhost`. */
let stranger: Server;
let heard = 0;
let port: number;
let fleet: TestFleet;
let tenant: NamedTenant;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cxg socket #'));
  stranger = createServer((client) => {
    heard++;
    client.destroy();
  });
  port = await new Promise((resolve, reject) => {
    stranger.listen(0, 'localhost', () => {
      const address = stranger.address();
      if (address === null || typeof address === 'string') reject(new Error('No port.'));
      else resolve(address.port);
    });
  });
  socket = createServer((client) => {
    const upstream = connect(server.port, server.host);
    client.on('error', () => {}).pipe(upstream);
    upstream.on('error', () => {}).pipe(client);
  });
  await new Promise<void>((resolve) => socket.listen(join(folder, `.s.PGSQL.${port}`), resolve));
  // Such a URL names localhost, and the socket's folder in a parameter.
  const url = datasourceUrl({ ...server, host: folder, port });
  expect(url).toMatch(/@localhost:\d+\/.*\?host=/);
  fleet = await createTestFleet({ TENANT_DIRECTORY_CACHE_TTL: '1' }, url);
  tenant = await provisionNamed(fleet, 'socket1');
});
afterAll(async () => {
  await fleet.close();
  await Promise.all([socket, stranger].map((listener) => new Promise((resolve) => listener.close(resolve))));
  await rm(folder, { recursive: true });
});

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

it('a socket’s folder in a URL leads every program there, and none to localhost', async () => {
  expect(await rowOf('socket1')).toMatchObject({ dbHost: folder, dbPort: port });
  await askForName(fleet.graphql, tenant);
  expect(await migrateFleet(fleet.tools, migration)).toMatchObject([{ status: 'up-to-date', error: null }]);
  const owner = await ownerDatasource(await rowOf('socket1'), fleet.tools.secrets);
  expect(owner && (await deployWithCli(owner))).toEqual([]);
  await rotateCredentials(fleet.tools, 'socket1', { ...rotation, purpose: 'application' });
  await rotateCredentials(fleet.tools, 'socket1', { ...rotation, purpose: 'owner' });
  await askForName(fleet.graphql, tenant);
  expect(heard).toBe(0);
});

it('a tenant is moved from the socket and back, and both places are named as they are', async () => {
  const { dbName } = await rowOf('socket1');
  const away = await moveTenant(fleet.tools, 'socket1', { dbHost: server.host, dbPort: server.port });
  expect(away).toMatchObject({
    from: `${folder}/.s.PGSQL.${port}, database ${dbName}`,
    to: `${server.host}:${server.port}/${dbName}`,
  });
  await askForName(fleet.graphql, tenant);
  await moveTenant(fleet.tools, 'socket1', { dbHost: folder, dbPort: port });
  await askForName(fleet.graphql, tenant);
  expect(heard).toBe(0);
});

it('a script that provisions by a folder where nothing listens fails, and asks nobody else', async () => {
  const place = { dbHost: join(tmpdir(), 'nothing-here'), dbPort: port };
  await expect(
    provisionTenant(fleet.tools, { tenantKey: 'socket2', companyName: 'Two', ...place }),
  ).rejects.toThrow(/ENOENT .*nothing-here/);
  const done = await runScript(
    'scripts/provision-tenant.ts',
    ['--tenant-key', 'socket3', '--company-name', 'Three', '--json'],
    fleet.environment,
  );
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(done.stdout).database).toMatchObject({ host: folder, port });
  expect(heard).toBe(0);
});
