import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Tenant as TenantRow } from '../../src/generated/central/client.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import type { ClientAnswer, GraphQLClient } from '../support/graphql-client.ts';
import { lockUser } from '../support/row-locks.ts';
import { administratorRoleId, openSession } from '../support/sessions.ts';
import { recordStatements } from '../support/statements.ts';
import { issueAdminToken } from '../support/tokens.ts';

let fleet: TestFleet;
let server: DatabaseServer;
/** The tenant whose database fails. */
let sick: TestTenant & { readonly token: string; readonly userId: string };
let healthy: typeof sick;
/** The failing tenant's row as it is when all is well. */
let row: TenantRow;

beforeAll(async () => {
  // A busy machine may be slow to connect; only an unreachable database must not be reached.
  fleet = await createTestFleet({ TENANT_CONNECTION_TIMEOUT: '15' });
  server = connectToDatabaseServer();
  [sick, healthy] = await Promise.all([inhabit('sick01'), inhabit('well02')]);
  row = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'sick01' } });
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

const readName = ({ token, userId }: typeof sick, graphql = fleet.graphql) =>
  graphql('query ($id: ID!) { user(userId: $id) { fullName } }', {
    token,
    variables: { id: userId },
  });

/** Moves the failing tenant's record to another place, as a wrong entry or a lost server would. */
async function pointTo(place: Partial<Pick<TenantRow, 'dbHost' | 'dbPort' | 'dbName'>>): Promise<void> {
  await fleet.tools.central.tenant.update({ where: { tenantKey: 'sick01' }, data: place });
  await fleet.tools.invalidate('sick01');
}

async function expectServed(tenant: typeof sick, graphql = fleet.graphql): Promise<void> {
  const { data, errors } = await readName(tenant, graphql);
  expect({ data, errors }).toEqual({
    data: { user: { fullName: `John of ${tenant.tenantKey}` } },
    errors: [],
  });
}

/** As long as a database fails, it is asked after pauses of up to some seconds only. */
const expectServedSoon = (tenant: typeof sick) =>
  vi.waitFor(() => expectServed(tenant), { timeout: 10_000, interval: 50 });

/** Fails unless the answer says that the database is not available, and nothing about the database. */
async function expectUnavailable({ data, errors, codes }: ClientAnswer): Promise<void> {
  expect(codes).toEqual(['TENANT_UNAVAILABLE']);
  expect(data?.user ?? null).toBeNull();
  const { retryAfter, ...extensions }: Record<string, unknown> = errors[0]?.extensions ?? {};
  expect(extensions).toEqual({ code: 'TENANT_UNAVAILABLE', retryable: true });
  if (retryAfter !== undefined) expect(retryAfter).toBeGreaterThanOrEqual(1);
  const text = JSON.stringify(errors);
  for (const secret of await secretsOf()) expect(text).not.toContain(secret);
}

/** Texts about the failing tenant's database that nobody outside may see. */
async function secretsOf(): Promise<string[]> {
  const { host, port, database, user, password } = await tenantDatasource(row, fleet.tools.secrets);
  return [host, String(port), database, user, password, 'ECONN', 'postgres'];
}

interface Outage {
  readonly name: string;
  begin(): Promise<void>;
  end(): Promise<void>;
}

const cut = async () => {
  await server.endConnections(row.dbName);
};

const outages: readonly Outage[] = [
  {
    name: 'nothing listens at its database’s port',
    begin: async () => pointTo({ dbPort: await closedPort() }),
    end: () => pointTo({ dbPort: row.dbPort }),
  },
  {
    name: 'its database’s host has no address',
    begin: () => pointTo({ dbHost: 'nowhere.invalid' }),
    end: () => pointTo({ dbHost: row.dbHost }),
  },
  {
    name: 'its database is not where the record says',
    begin: () => pointTo({ dbName: 't_sick01_gone' }),
    end: () => pointTo({ dbName: row.dbName }),
  },
  {
    name: 'its database was renamed under its clients',
    async begin() {
      await server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS false`);
      await cut();
      await server.run(`ALTER DATABASE "${row.dbName}" RENAME TO "${row.dbName}_moved"`);
    },
    async end() {
      await server.run(`ALTER DATABASE "${row.dbName}_moved" RENAME TO "${row.dbName}"`);
      await server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS true`);
    },
  },
  {
    name: 'its database accepts no connections',
    async begin() {
      await server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS false`);
      await cut();
    },
    end: () => server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS true`),
  },
  {
    name: 'its database has no connection left',
    async begin() {
      await server.run(`ALTER DATABASE "${row.dbName}" CONNECTION LIMIT 0`);
      await cut();
    },
    end: () => server.run(`ALTER DATABASE "${row.dbName}" CONNECTION LIMIT -1`),
  },
  {
    name: 'its database’s user may not connect',
    async begin() {
      await server.run(`REVOKE CONNECT ON DATABASE "${row.dbName}" FROM "${row.dbUser}"`);
      await cut();
    },
    end: () => server.run(`GRANT CONNECT ON DATABASE "${row.dbName}" TO "${row.dbUser}"`),
  },
  {
    name: 'its database’s user is gone',
    async begin() {
      await cut();
      await server.run(`ALTER ROLE "${row.dbUser}" RENAME TO "${row.dbUser}_gone"`);
      await cut();
    },
    async end() {
      const { password } = await tenantDatasource(row, fleet.tools.secrets);
      await server.run(`ALTER ROLE "${row.dbUser}_gone" RENAME TO "${row.dbUser}"`);
      await server.run(`ALTER ROLE "${row.dbUser}" PASSWORD '${password}'`);
    },
  },
  {
    name: 'its database’s user may not sign in',
    async begin() {
      await server.run(`ALTER ROLE "${row.dbUser}" NOLOGIN`);
      await cut();
    },
    end: () => server.run(`ALTER ROLE "${row.dbUser}" LOGIN`),
  },
  {
    name: 'its database’s password is another one',
    async begin() {
      await server.run(`ALTER ROLE "${row.dbUser}" PASSWORD 'another'`);
      await cut();
    },
    end: async () => {
      const { password } = await tenantDatasource(row, fleet.tools.secrets);
      return server.run(`ALTER ROLE "${row.dbUser}" PASSWORD '${password}'`);
    },
  },
];

describe.each(outages.map((outage) => [outage.name, outage] as const))(
  'a tenant when %s',
  (_name, { begin, end }) => {
    let over = true;
    const restore = async () => {
      if (!over) await end();
      over = true;
    };

    beforeEach(async () => {
      await expectServedSoon(sick);
      await expectServed(healthy);
      over = false;
      await begin();
    });
    afterEach(restore);

    it('answers that it is not available, and nothing about its database', async () => {
      await expectUnavailable(await readName(sick));
    });

    it('answers a sign-in the same way', async () => {
      await expectUnavailable(
        await fleet.graphql('mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }', {
          variables: { input: { tenantKey: 'sick01', username: 'admin', password: testPassword } },
        }),
      );
    });

    it('does not trouble another tenant’s requests that arrive together with its own', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => [readName(sick), expectServed(healthy)] as const).flat(),
      );
      for (const answer of answers) if (answer) await expectUnavailable(answer);
    });

    it('is served again when the database is back, without a restart', async () => {
      await expectUnavailable(await readName(sick));
      await restore();
      await expectServedSoon(sick);
    });

    it('holds no lease, no client and no connection of failed attempts', async () => {
      await readName(sick);
      expect(fleet.app.tenantClientStatistics()).toMatchObject({ leases: 0, draining: 0 });
      expect(fleet.app.connectionStatistics()).toMatchObject({ inUse: 0, waiting: 0 });
    });
  },
);

describe('a tenant whose database is read-only', () => {
  beforeAll(async () => {
    await server.run(`ALTER DATABASE "${row.dbName}" SET default_transaction_read_only = on`);
    await cut();
  });
  afterAll(async () => {
    await server.run(`ALTER DATABASE "${row.dbName}" RESET default_transaction_read_only`);
    await cut();
  });

  const change = () =>
    fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "new" }) { fullName } }',
      { token: sick.token, variables: { id: sick.userId } },
    );

  it('goes on being read, and says of changes that it is not available', async () => {
    await expectServedSoon(sick);
    expectUnavailable(await change());
    await expectServed(sick);
  });
});

describe('a tenant whose database has failed several times in a row', () => {
  let restore = () => server.run('SELECT 1');

  beforeAll(async () => {
    await expectServedSoon(sick);
    restore = () => server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS true`);
    await server.run(`ALTER DATABASE "${row.dbName}" ALLOW_CONNECTIONS false`);
    await cut();
    for (let turn = 0; turn < 10; turn++) expectUnavailable(await readName(sick));
  });
  afterAll(() => restore());

  it('is refused without asking its database, with the seconds to wait', async () => {
    const { open } = fleet.app.connectionStatistics();
    const statements = await recordStatements(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => readName(sick)));
      for (const answer of answers) expectUnavailable(answer);
      const waits = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.retryAfter));
      expect(waits.filter((wait) => wait === undefined).length).toBeLessThanOrEqual(1);
      expect(answers.some(({ headers }) => headers.get('retry-after') !== null)).toBe(true);
    });
    expect(statements).toEqual([]);
    // The one that asked may have failed before its connection is closed.
    await vi.waitFor(() => expect(fleet.app.connectionStatistics().open).toBeLessThanOrEqual(open));
    expect(fleet.app.connectionStatistics().breakers.open).toBe(1);
  });

  it('is asked again after a pause, and served without a restart', async () => {
    await restore();
    await expectServedSoon(sick);
    expect(fleet.app.connectionStatistics().breakers).toMatchObject({ open: 0, 'half-open': 0 });
  });
});

describe('a tenant whose database server accepts connections and says nothing', () => {
  const silent = createServer((socket) => socket.on('error', () => {}));
  let graphql: GraphQLClient;

  beforeAll(async () => {
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ({ graphql } = fleet.startApp({ TENANT_CONNECTION_TIMEOUT: '3' }));
  });
  beforeEach(() => pointTo({ dbHost: '127.0.0.1', dbPort: portOf(silent.address()) }));
  afterEach(() => pointTo({ dbHost: row.dbHost, dbPort: row.dbPort }));
  afterAll(() => {
    silent.close();
  });

  it('is given up after the connection timeout, and not before', async () => {
    const startedAt = performance.now();
    await expectUnavailable(await readName(sick, graphql));
    const waited = performance.now() - startedAt;
    expect(waited).toBeGreaterThanOrEqual(2_990);
    expect(waited).toBeLessThan(10_000);
  });

  it('does not keep another tenant waiting', async () => {
    await expectServed(healthy, graphql);
    const connected = once(silent, 'connection');
    let answered = false;
    const waiting = Promise.all(Array.from({ length: 20 }, () => readName(sick, graphql))).then((answers) => {
      answered = true;
      return answers;
    });
    await connected;
    await Promise.all(Array.from({ length: 20 }, () => expectServed(healthy, graphql)));
    expect(answered).toBe(false);
    for (const answer of await waiting) await expectUnavailable(answer);
  });
});

describe('a connection that is ended from outside', () => {
  /** Waits until the application has noticed so many lost connections. */
  const noticed = (count: number, since: number) =>
    vi.waitFor(
      () =>
        expect(
          fleet.log
            .slice(since)
            .filter((line) => line.includes('A connection to a tenant database was lost')),
        ).toHaveLength(count),
      { timeout: 5_000, interval: 10 },
    );

  beforeEach(async () => {
    await expectServed(sick);
    // The test's own connections would be ended too, and counted.
    await sick.db.$disconnect();
  });

  it('while idle does not break the next request', async () => {
    const since = fleet.log.length;
    await noticed(await server.endConnections(row.dbName), since);
    await expectServed(sick);
  });

  it('together with all others of its tenant does not break the next requests', async () => {
    // Lists, because Prisma makes one statement of rows that are asked for by their ids at the same moment.
    const list = () => fleet.graphql('{ users(first: 1) { edges { cursor } } }', { token: sick.token });
    await Promise.all(Array.from({ length: 20 }, list));
    const since = fleet.log.length;
    const ended = await server.endConnections(row.dbName);
    expect(ended).toBeGreaterThan(1);
    await noticed(ended, since);
    await Promise.all(Array.from({ length: 20 }, () => expectServed(sick)));
  });

  it('while idle does not make the application build another client', async () => {
    const { built } = fleet.app.tenantClientStatistics();
    const since = fleet.log.length;
    await noticed(await server.endConnections(row.dbName), since);
    await expectServed(sick);
    expect(fleet.app.tenantClientStatistics().built).toBe(built);
  });

  it('in the middle of a request fails that request alone, as not available', async () => {
    const lock = await lockUser(sick, sick.userId);
    const answer = fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "cut" }) { fullName } }',
      { token: sick.token, variables: { id: sick.userId } },
    );
    await lock.waiters(1);
    await server.endBlockedConnections(row.dbName);
    await expectUnavailable(await answer);
    await lock.release();
    await expectServed(sick);
    const { position } = await sick.db.user.findUniqueOrThrow({ where: { id: sick.userId } });
    expect(position).toBeNull();
  });
});

async function closedPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const port = portOf(listener.address());
  listener.close();
  await once(listener, 'close');
  return port;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server does not listen');
  return address.port;
}

/** Provisions a tenant with a user. */
async function inhabit(tenantKey: string): Promise<typeof sick> {
  const tenant = await fleet.provision(tenantKey);
  const { id: userId } = await tenant.db.user.create({
    data: {
      username: 'john',
      email: 'john@example.com',
      fullName: `John of ${tenantKey}`,
      passwordHash: 'none',
      role: { connect: { id: await administratorRoleId(tenant) } },
    },
  });
  await openSession(tenant.db, userId);
  return { ...tenant, userId, token: await issueAdminToken(fleet, tenantKey, userId) };
}
