import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectToDatabaseServer, type DatabaseServer } from '../support/database-server.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { lockSession } from '../support/row-locks.ts';
import { addUser, createSessionClient, type SessionClient } from '../support/session-client.ts';

/** So long does Prisma wait for a connection to begin a transaction with, unless told otherwise. */
const prismaWaitMilliseconds = 2_000;

let fleet: TestFleet;
let acme: TestTenant;
let client: SessionClient;
let server: DatabaseServer;
let database: string;

beforeAll(async () => {
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '1' });
  acme = await fleet.provision('acme01');
  await fleet.provision('beta02');
  client = createSessionClient(fleet.graphql);
  server = connectToDatabaseServer();
  const { dbName } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'acme01' } });
  database = dbName;
});
afterAll(async () => {
  await server.run(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
  await server.close();
  await fleet.close();
});

describe('while the tenant’s database is away', () => {
  it('a session that has to be looked up is not available, which is no fault and no end of it', async () => {
    await addUser(acme, 'patient');
    const { accessToken: token, refreshToken } = await client.signIn('patient');
    await server.run(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    await server.endConnections(database);
    const answers = [
      await fleet.graphql('{ me { username } }', { token }),
      await client.refresh(refreshToken),
      await client.logout({ variables: { token: refreshToken } }),
    ];
    for (const { codes, errors } of answers) {
      expect(codes).toEqual(['TENANT_UNAVAILABLE']);
      expect(errors[0]?.extensions).toMatchObject({ retryable: true });
      expect(JSON.stringify(errors)).not.toContain(database);
    }
    // A token of the tenant in trouble keeps nobody from signing in elsewhere.
    expect((await client.login({ tenantKey: 'beta02' }, { token })).errors).toEqual([]);

    await server.run(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    // A database that has failed several times is asked again after a pause.
    await vi.waitFor(
      async () =>
        expect((await fleet.graphql('{ me { username } }', { token })).data).toEqual({
          me: { username: 'patient' },
        }),
      { timeout: 5_000, interval: 50 },
    );
    expect((await client.refresh(refreshToken)).errors).toEqual([]);
    expect(fleet.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

describe('while every connection of the tenant is busy', () => {
  it('a refresh waits for its turn for longer than Prisma would by itself', async () => {
    const { graphql } = fleet.startApp({ TENANT_CONNECTION_POOL_SIZE: '1' });
    await addUser(acme, 'queueing');
    const { refreshToken } = await client.signIn('queueing');
    const { id } = await acme.db.session.findFirstOrThrow({ where: { user: { username: 'queueing' } } });
    const queue = createSessionClient(graphql);
    const lock = await lockSession(acme, id);
    // The first holds the only connection, and the second waits for it.
    const answers = Promise.all([queue.refresh(refreshToken), queue.refresh(refreshToken)]);
    await lock.waiters(1);
    await delay(prismaWaitMilliseconds + 300);
    await lock.release();
    expect((await answers).flatMap(({ codes }) => codes)).toEqual([]);
  });
});
