import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { administratorRoleId, openSession } from '../support/sessions.ts';
import { copyTenant, type TenantCopies } from '../support/tenant-copies.ts';
import { issueAdminToken } from '../support/tokens.ts';

const tenantCount = 30;
const requestCount = 900;
const concurrency = 40;
const clientCapacity = 10;
const busyTenants = 6;
const connectionsPerClient = 2;
/** As src/db/central-client.ts has it. */
const centralConnections = 10;

/** A tenant under load, and who asks. */
interface LoadTenant {
  readonly tenantKey: string;
  readonly token: string;
}

/** The failures of the requests. */
interface Tally {
  sent: number;
  readonly failed: string[];
  readonly wrongTenant: string[];
}

/** The same rows stand in every tenant under the same ids: an answer from the wrong one would look right but for its names. */
const ids = { admin: randomUUID(), user: randomUUID(), department: randomUUID(), role: randomUUID() };

let fleet: TestFleet;
let server: DatabaseServer;
let loadTenants: readonly LoadTenant[];
let copies: TenantCopies;
let databases: readonly string[];
const tally: Tally = { sent: 0, failed: [], wrongTenant: [] };
let milliseconds: number;

beforeAll(async () => {
  fleet = await createTestFleet({
    TENANT_CLIENT_CAPACITY: String(clientCapacity),
    TENANT_CONNECTION_POOL_SIZE: String(connectionsPerClient),
    // How long a busy machine takes is not the question here.
    TENANT_CONNECTION_TIMEOUT: '30',
  });
  server = connectToDatabaseServer();
  const tenantKeys = Array.from(
    { length: tenantCount },
    (_, index) => `load${String(index).padStart(2, '0')}`,
  );
  const [original = '', ...others] = tenantKeys;
  await seedTenant(original);
  copies = await copyTenant(fleet, server, original);
  await pMap(others, copies.copy, { concurrency: 4 });
  loadTenants = await pMap(tenantKeys, async (tenantKey) => ({
    tenantKey,
    token: await issueAdminToken(fleet, tenantKey, ids.admin),
  }));
  databases = (await fleet.tools.central.tenant.findMany()).map(({ dbName }) => dbName);

  const startedAt = performance.now();
  await pMap(
    Array.from({ length: requestCount }, (_, turn) => turn),
    sendOne,
    { concurrency },
  );
  milliseconds = performance.now() - startedAt;
  process.stdout.write(
    `load: ${tally.sent} requests to ${tenantCount} tenants, ${tally.failed.length} failed, ` +
      `wrong tenant: ${tally.wrongTenant.length}, ${(milliseconds / 1_000).toFixed(1)} s\n`,
  );
}, 120_000);
afterAll(async () => {
  await fleet.app.close();
  await copies.remove();
  await server.close();
  await fleet.close();
});

describe(`${requestCount} mixed requests to ${tenantCount} tenants through ${clientCapacity} clients`, () => {
  it('are all answered from their own tenant', () => {
    expect(tally.wrongTenant).toEqual([]);
  });

  it('are all answered without an error', () => {
    expect(tally.failed).toEqual([]);
    expect(tally.sent).toBe(requestCount);
  });

  it('change only their own tenant’s rows', async () => {
    const positions = await pMap(loadTenants, ({ token }) => readPosition(token), { concurrency });
    expect(positions).toEqual(loadTenants.map(({ tenantKey }) => `Head of ${tenantKey}`));
  });

  it('leave no lease, no draining client and no more clients than there is room for', async () => {
    await vi.waitFor(() => expect(fleet.app.tenantClientStatistics().draining).toBe(0), { timeout: 5_000 });
    const { kept, leases, built } = fleet.app.tenantClientStatistics();
    expect({ kept, leases }).toEqual({ kept: clientCapacity, leases: 0 });
    // Otherwise nothing was ever evicted, and the test would prove nothing.
    expect(built).toBeGreaterThan(tenantCount);
  });

  it('leave no more connections open than the clients’ pools may hold', async () => {
    await vi.waitFor(
      async () =>
        expect(await server.countConnections(databases)).toBeLessThanOrEqual(
          clientCapacity * connectionsPerClient,
        ),
      { timeout: 5_000, interval: 50 },
    );
    expect(await server.countConnections(databases)).toBeGreaterThan(0);
  });

  it('leave no more connections to the central database than its pool may hold', async () => {
    // The test's own connections go by the same name.
    await fleet.tools.central.$disconnect();
    const central = new URL(fleet.configuration.centralDatabaseUrl).pathname.slice(1);
    expect(await server.countConnections([central])).toBeLessThanOrEqual(centralConnections);
  });
});

/** The kinds of requests, as often as they come in ten. Each resolves with what must name the tenant. */
const kinds: readonly ((loadTenant: LoadTenant) => Promise<unknown>)[] = [
  readUsers,
  readMe,
  changeUser,
  readNode,
  readUsers,
  addUser,
  readUsers,
  changeUser,
  readMe,
  readNode,
];

/**
 * Sends the request whose turn it is. Some companies are busy and most are not: one request in five goes to
 * the next of all tenants, and most of those find that their client was evicted; the others go to a busy few.
 */
async function sendOne(turn: number): Promise<void> {
  const visit = turn / 5;
  const [tenant, kindOfTurn] = Number.isInteger(visit)
    ? [visit % tenantCount, visit + Math.floor(visit / tenantCount)]
    : [(turn * 7) % busyTenants, turn];
  const loadTenant = loadTenants[tenant];
  const kind = kinds[kindOfTurn % kinds.length];
  if (!loadTenant || !kind) throw new Error('There is nobody to ask, or nothing to ask for');
  tally.sent++;
  try {
    const text = JSON.stringify(await kind(loadTenant));
    const named = new Set(text.match(/load\d\d/g));
    if (named.size !== 1 || !named.has(loadTenant.tenantKey)) {
      tally.wrongTenant.push(`${kind.name} of ${loadTenant.tenantKey}: ${text}`);
    }
  } catch (error) {
    tally.failed.push(`${kind.name} of ${loadTenant.tenantKey}: ${String(error)}`);
  }
}

/** Sends a document. @throws when the answer has an error. */
async function ask(token: string, document: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await fleet.graphql(document, { token, variables });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

function readUsers({ token }: LoadTenant): Promise<unknown> {
  return ask(
    token,
    `{ users(first: 20, search: "load") {
      edges { node { username email fullName department { name } role { name } } } pageInfo { totalCount }
    } }`,
  );
}

function readMe({ token }: LoadTenant): Promise<unknown> {
  return ask(token, '{ me { email fullName role { name permissions { code } } } }');
}

function readNode({ token }: LoadTenant): Promise<unknown> {
  return ask(token, 'query ($id: ID!) { node(id: $id) { ... on Department { name description } } }', {
    id: encodeGlobalId('Department', ids.department),
  });
}

function changeUser({ token, tenantKey }: LoadTenant): Promise<unknown> {
  return ask(
    token,
    `mutation ($id: ID!, $input: UserUpdateInput!) {
      updateUser(userId: $id, input: $input) { email fullName position department { name } }
    }`,
    { id: ids.user, input: { position: `Head of ${tenantKey}` } },
  );
}

function addUser({ token, tenantKey }: LoadTenant): Promise<unknown> {
  const username = `${tenantKey}-${randomUUID()}`;
  return ask(
    token,
    `mutation ($input: UserCreateInput!) {
      createUser(input: $input) { username email fullName department { name } role { name } }
    }`,
    {
      input: {
        username,
        email: `${username}@example.com`,
        password: testPassword,
        fullName: `New of ${tenantKey}`,
        departmentId: ids.department,
        roleId: ids.role,
      },
    },
  );
}

async function readPosition(token: string): Promise<unknown> {
  const data = await ask(token, 'query ($id: ID!) { user(userId: $id) { position } }', { id: ids.user });
  return data.user.position;
}

/** Provisions a tenant and puts rows into it that name it. */
async function seedTenant(tenantKey: string): Promise<void> {
  const tenant = await fleet.provision(tenantKey);
  const { db } = tenant;
  const administrator = { roleId: await administratorRoleId(tenant) };
  const named = { departmentId: ids.department, roleId: ids.role, passwordHash: 'none' };
  await db.$transaction([
    db.department.create({
      data: { id: ids.department, code: 'D', name: `Sales of ${tenantKey}`, description: `In ${tenantKey}` },
    }),
    db.role.create({ data: { id: ids.role, code: 'r', name: `Seller of ${tenantKey}` } }),
    db.user.createMany({
      data: [
        {
          id: ids.admin,
          username: 'boss',
          email: `boss@${tenantKey}.example`,
          fullName: `Boss of ${tenantKey}`,
          ...named,
          ...administrator,
        },
        {
          id: ids.user,
          username: 'john',
          email: `john@${tenantKey}.example`,
          fullName: `John of ${tenantKey}`,
          ...named,
        },
      ],
    }),
  ]);
  await openSession(db, ids.admin);
  await db.$disconnect();
}
