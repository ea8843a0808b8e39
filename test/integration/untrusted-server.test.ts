import { expect, test, vi } from 'vitest';
import { type Datasource, datasourceUrl } from '../../src/config/datasource.ts';
import { withExclusiveLock } from '../../src/db/advisory-lock.ts';
import { createCentralClient } from '../../src/db/central-client.ts';
import { createTenantConnections } from '../../src/db/connections/tenant-connections.ts';
import { databaseFailure, isDatabaseUnavailable } from '../../src/db/database-errors.ts';
import { administer } from '../../src/db/roles-and-databases.ts';
import { applyMigrations, pendingMigrations } from '../../src/db/schema-engine.ts';
import { openScriptClient, openTenantClient } from '../../src/db/tenant-client.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { TenantUnavailableError } from '../../src/errors/index.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { lures, startPasswordThief } from '../support/password-thief.ts';

const tenant = { id: 1, tenantKey: 'acme01' };

/** All the ways in which a program connects to a database. */
const ways: [string, (datasource: Datasource) => Promise<unknown>][] = [
  ['one connection', (datasource) => withConnection(datasource, async () => {})],
  [
    'the tenant’s pool',
    (datasource) => openScriptClient({ tenant, datasourceUrl: datasourceUrl(datasource) }),
  ],
  [
    'the central client',
    async (datasource) => {
      const central = createCentralClient(datasourceUrl(datasource), () => {});
      await central.tenant.findFirst().finally(() => central.$disconnect());
    },
  ],
  ['a lock', (datasource) => withExclusiveLock(datasourceUrl(datasource), 'lock', async () => {})],
  ['administration', (datasource) => administer(datasource, (server) => server.databaseOwner('postgres'))],
  ['the schema engine', (datasource) => applyMigrations(datasource, tenantMigrationsFolder)],
  ['the record of migrations', (datasource) => pendingMigrations(datasource, tenantMigrationsFolder)],
];

const password = 'Secret-0123456789';

async function connectTo(lure: Buffer, connect: (datasource: Datasource) => Promise<unknown>) {
  const thief = await startPasswordThief(lure);
  try {
    const datasource = { host: '127.0.0.1', port: thief.port, database: 'd', user: 'u', password };
    const error: unknown = await connect(datasource).then(
      () => null,
      (reason: unknown) => reason,
    );
    await vi.waitFor(() => expect(thief.connections()).toBe(0));
    return { error, heard: thief.heard() };
  } finally {
    await thief.close();
  }
}

test.each(ways)(
  'a server that asks for the password in the clear hears nothing from %s',
  async (_way, connect) => {
    const { error, heard } = await connectTo(lures.cleartext, connect);
    expect(String(error)).toContain('it must use SCRAM-SHA-256');
    expect(heard.toString('latin1')).toBe('');
  },
);

test.each([
  ['the password, and is content before it got it', lures.cleartextAndWelcome],
  ['its MD5 hash', lures.md5],
])('nor does one that asks for %s', async (_what, lure) => {
  for (const [, connect] of ways) {
    const { error, heard } = await connectTo(lure, connect);
    expect(String(error)).toContain('it must use SCRAM-SHA-256');
    expect(heard.toString('latin1')).toBe('');
  }
});

test('nor does one that knows another SASL mechanism only', async () => {
  for (const [, connect] of ways) {
    const { error, heard } = await connectTo(lures.plainSasl, connect);
    expect(error).toBeInstanceOf(Error);
    expect(heard.toString('latin1')).not.toContain(password);
  }
});

test('a server that lets us in without knowing the password is sent no statement', async () => {
  for (const [, connect] of ways) {
    const { error, heard } = await connectTo(lures.scramWithoutProof, connect);
    expect(String(error)).toContain('without proving that it knows the password');
    expect(heard.toString('latin1')).not.toMatch(/SELECT|SET /);
  }
});

test('to clients, such a server is one that does not answer', async () => {
  const central = await connectTo(lures.cleartext, async (datasource) => {
    const client = createCentralClient(datasourceUrl(datasource), () => {});
    await client
      .$transaction((transaction) => transaction.tenant.findFirst())
      .finally(() => client.$disconnect());
  });
  expect(isDatabaseUnavailable(central.error)).toBe(true);
  const connections = createTenantConnections({
    budget: 1,
    timeoutSeconds: 5,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
  const pool = await connectTo(lures.cleartext, async (datasource) => {
    const target = { tenant, datasourceUrl: datasourceUrl(datasource) };
    await openTenantClient(target, { concurrency: 1, statementTimeoutSeconds: 5 }, connections);
  });
  expect(databaseFailure(pool.error)).toBeInstanceOf(TenantUnavailableError);
  expect(connections.statistics()).toMatchObject({ open: 0, inUse: 0 });
});
