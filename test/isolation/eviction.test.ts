import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../src/app.ts';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { lockUser } from '../support/row-locks.ts';
import { administratorRoleId, openSession } from '../support/sessions.ts';
import { issueAdminToken } from '../support/tokens.ts';

/** A tenant, a token for it, and a user to be changed. */
interface Inhabited extends TestTenant {
  readonly token: string;
  readonly userId: string;
}

let fleet: TestFleet;
let server: DatabaseServer;
let a: Inhabited;
let b: Inhabited;
let c: Inhabited;

beforeAll(async () => {
  fleet = await createTestFleet({ TENANT_CLIENT_CAPACITY: '1' });
  server = connectToDatabaseServer();
  [a, b, c] = await Promise.all([inhabit('aaa01'), inhabit('bbb02'), inhabit('ccc03')]);
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

describe('a pool with room for one client', () => {
  let app: App;
  let graphql: GraphQLClient;

  beforeEach(() => {
    ({ app, graphql } = fleet.startApp());
  });

  const readName = async ({ token, userId }: Inhabited, client = graphql) => {
    const { data, codes } = await client('query ($id: ID!) { user(userId: $id) { fullName } }', {
      token,
      variables: { id: userId },
    });
    return { name: data?.user?.fullName, codes };
  };
  const nameOf = ({ tenantKey }: Inhabited) => ({ name: `John of ${tenantKey}`, codes: [] });

  const writePosition = ({ token, userId }: Inhabited, position: string) =>
    graphql(
      'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { position fullName } }',
      { token, variables: { id: userId, input: { position } } },
    );

  /** A request to tenant A that waits in the database until it is let go. */
  async function startSlowRequest(position: string) {
    const lock = await lockUser(a, a.userId);
    const answer = writePosition(a, position);
    await lock.waiters(1);
    return { answer, letGo: lock.release };
  }

  /** Waits until every client that was evicted is closed. */
  const drained = () =>
    vi.waitFor(() => expect(app.tenantClientStatistics().draining).toBe(0), {
      timeout: 5_000,
      interval: 10,
    });

  it('lets a request finish whose client is evicted in its middle', async () => {
    const position = randomUUID();
    const { answer, letGo } = await startSlowRequest(position);
    expect([await readName(b), await readName(c)]).toEqual([nameOf(b), nameOf(c)]);
    expect(app.tenantClientStatistics()).toMatchObject({ kept: 1, draining: 1, leases: 1 });
    await letGo();
    const { data, errors } = await answer;
    expect({ data, errors }).toEqual({
      data: { updateUser: { position, fullName: 'John of aaa01' } },
      errors: [],
    });
    expect((await a.db.user.findUniqueOrThrow({ where: { id: a.userId } })).position).toBe(position);
  });

  it('lets a request go on with further statements after its client was evicted, on that client', async () => {
    const lock = await lockUser(a, a.userId);
    const answer = graphql(
      `mutation ($id: ID!) {
        first: updateUser(userId: $id, input: { position: "1" }) { position }
        second: updateUser(userId: $id, input: { position: "2" }) { position role { name } }
        third: updateUser(userId: $id, input: { position: "3" }) { position department { name } }
      }`,
      { token: a.token, variables: { id: a.userId } },
    );
    await lock.waiters(1);
    const processes = await server.listProcesses(await databaseOf(a));
    await readName(b);
    await lock.release();
    const { data, errors } = await answer;
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      first: { position: '1' },
      second: { position: '2' },
      third: { position: '3' },
    });
    expect(processes).toEqual(expect.arrayContaining(await server.listProcesses(await databaseOf(a))));
    await drained();
  });

  it('closes an evicted client once its last request is answered', async () => {
    const { answer, letGo } = await startSlowRequest(randomUUID());
    await readName(b);
    await letGo();
    await answer;
    await drained();
    expect(app.tenantClientStatistics()).toMatchObject({ kept: 1, leases: 0 });
    const database = await databaseOf(a);
    // The test's own connections go by the same name.
    await a.db.$disconnect();
    await vi.waitFor(async () => expect(await server.countConnections([database])).toBe(0), {
      timeout: 5_000,
      interval: 20,
    });
  });

  it('answers a tenant again while its evicted client still works for an earlier request', async () => {
    const { answer, letGo } = await startSlowRequest(randomUUID());
    await readName(b);
    expect(await readName(a)).toEqual(nameOf(a));
    expect(app.tenantClientStatistics()).toMatchObject({ built: 3, draining: 1, leases: 1 });
    await letGo();
    expect((await answer).codes).toEqual([]);
    await drained();
  });

  it('lets several requests of an evicted client finish one after the other', async () => {
    const lock = await lockUser(a, a.userId);
    const answers = ['first', 'second', 'third'].map((position) => writePosition(a, position));
    // The third waits for its turn.
    await lock.waiters(2);
    expect(await readName(b)).toEqual(nameOf(b));
    expect(app.tenantClientStatistics()).toMatchObject({ draining: 1, leases: 3 });
    await lock.release();
    expect((await Promise.all(answers)).flatMap(({ codes }) => codes)).toEqual([]);
    await drained();
  });

  it('builds one client for 20 requests that arrive together at a cold tenant', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => readName(a)));
    expect(answers).toEqual(answers.map(() => nameOf(a)));
    expect(app.tenantClientStatistics()).toMatchObject({ built: 1, kept: 1, draining: 0, leases: 0 });
  });

  it('answers each of 120 requests of three tenants, all at once, from its own database', async () => {
    const callers = Array.from({ length: 40 }, () => [a, b, c]).flat();
    const answers = await Promise.all(callers.map((caller) => readName(caller)));
    expect(answers).toEqual(callers.map(nameOf));
    await drained();
    expect(app.tenantClientStatistics()).toMatchObject({ kept: 1, leases: 0 });
  });

  it('keeps no lease of a request that fails in its document, in its arguments or for its rights', async () => {
    const requests = [
      '{ nothing }',
      '{ users(first: 1000) { edges { cursor } } }',
      '{ node(id: "x") { id } }',
    ];
    for (const document of requests) {
      const { codes } = await graphql(document, { token: a.token });
      expect(codes).toHaveLength(1);
    }
    expect(app.tenantClientStatistics().leases).toBe(0);
  });

  it('keeps no lease of a sign-in that fails', async () => {
    const { codes } = await graphql('mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }', {
      variables: { input: { tenantKey: 'aaa01', username: 'admin', password: 'wrong' } },
    });
    expect(codes).toEqual(['INVALID_CREDENTIALS']);
    expect(app.tenantClientStatistics()).toMatchObject({ leases: 0, kept: 1 });
  });

  it('keeps the lease of a client that went away until the database has answered', async () => {
    const lock = await lockUser(a, a.userId);
    const abort = new AbortController();
    const answer = app
      .fetch(
        new Request('http://api.test/graphql', {
          method: 'POST',
          signal: abort.signal,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${a.token}` },
          body: JSON.stringify({
            query: 'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "left" }) { uuid } }',
            variables: { id: a.userId },
          }),
        }),
      )
      .catch(() => null);
    await lock.waiters(1);
    abort.abort();
    await readName(b);
    expect(app.tenantClientStatistics()).toMatchObject({ draining: 1, leases: 1 });
    await lock.release();
    await answer;
    await drained();
    expect(app.tenantClientStatistics().leases).toBe(0);
  });

  it('waits for a running request before it closes', async () => {
    const { answer, letGo } = await startSlowRequest(randomUUID());
    const closed = app.close();
    expect((await readName(b)).codes).toEqual(['SERVICE_UNAVAILABLE']);
    await letGo();
    expect((await answer).codes).toEqual([]);
    await closed;
    expect(app.tenantClientStatistics()).toMatchObject({ kept: 0, draining: 0, leases: 0 });
  });
});

/** Provisions a tenant with a user. */
async function inhabit(tenantKey: string): Promise<Inhabited> {
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

async function databaseOf({ tenantKey }: TestTenant): Promise<string> {
  return (await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } })).dbName;
}
