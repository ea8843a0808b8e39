import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { datasourceUrl } from '../../src/config/datasource.ts';
import {
  createTenantConnections,
  type TenantConnections,
  type TenantTarget,
} from '../../src/db/connections/tenant-connections.ts';
import { databaseFailure } from '../../src/db/database-errors.ts';
import { openTenantClient } from '../../src/db/tenant-client.ts';
import { startDatabaseProxy } from '../support/database-proxy.ts';
import type { TestDatabase } from '../support/databases.ts';
import { createMarkedDatabase } from '../support/marked-database.ts';

const limits = { concurrency: 2, statementTimeoutSeconds: 5 };
const tenant = { id: 1, tenantKey: 'pool01' };

let database: TestDatabase;
let target: TenantTarget;
let connections: TenantConnections;

beforeAll(async () => {
  database = await createMarkedDatabase(tenant);
  target = { tenant, datasourceUrl: database.url };
});
afterAll(() => database.drop());
beforeEach(() => {
  connections = createTenantConnections({
    budget: 2,
    timeoutSeconds: 2,
    limitsBelongTo: 'session',
    onConnectionError: () => {},
    onMismatch: () => {},
  });
});

/** The time until the attempt is refused with that code, in milliseconds. */
async function refusedAfter(attempt: () => Promise<unknown>, code: string): Promise<number> {
  const started = performance.now();
  const refusal: unknown = await attempt().catch((error: unknown) => error);
  expect(databaseFailure(refusal)).toMatchObject({ code });
  return performance.now() - started;
}

describe('a pool under a budget', () => {
  it('gets a connection back once, however often it is given back', async () => {
    const pool = connections.createPool(target, limits);
    const [first, second] = [await pool.connect(), await pool.connect()];
    first.release();
    first.release();
    expect(connections.statistics()).toMatchObject({ inUse: 1, open: 2 });
    const third = await pool.connect();
    // The one who had it before has nothing to do with it any more.
    expect(connections.statistics()).toMatchObject({ inUse: 2, open: 2 });
    second.release();
    third.release();
    expect(connections.statistics()).toMatchObject({ inUse: 0, waiting: 0, open: 2 });
    await pool.end();
  });

  it('refuses those who wait when it is closed, and waits for those who work', async () => {
    const pool = connections.createPool(target, limits);
    const held = [await pool.connect(), await pool.connect()];
    const waiting = [pool.query('SELECT 1'), pool.connect()];
    await vi.waitFor(() => expect(connections.statistics().waiting).toBe(2));
    let ended = false;
    const ending = pool.end().then(() => {
      ended = true;
    });
    for (const one of await Promise.allSettled(waiting)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { failure: { code: 'SERVICE_UNAVAILABLE' } } });
    }
    expect(ended).toBe(false);
    for (const client of held) client.release();
    await ending;
    await pool.end();
    await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ inUse: 0, waiting: 0, open: 0 }));
  });

  it('loses nothing when it is closed while connections are opened and handed on', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const pool = connections.createPool(target, limits);
      const work = Array.from({ length: 6 }, () => pool.query('SELECT 1'));
      await new Promise((resolve) => setTimeout(resolve, turn));
      await Promise.all([pool.end(), Promise.allSettled(work)]);
    }
    await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ inUse: 0, waiting: 0, open: 0 }));
  });

  it('answers who is just being handed an idle connection when it is closed', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const pool = connections.createPool(target, limits);
      await pool.query('SELECT 1');
      const work = pool.query('SELECT 1').catch(() => undefined);
      // The driver hands it over after all of these steps, whatever their number.
      for (let step = 0; step < turn; step++) await Promise.resolve();
      await Promise.all([pool.end(), work]);
    }
    await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ inUse: 0, waiting: 0, open: 0 }));
  });

  it('keeps the connection of a statement that failed, and gets back that of one that broke it', async () => {
    const pool = connections.createPool(target, limits);
    for (const statement of ['SELECT 1/0', 'SELECT pg_terminate_backend(pg_backend_pid())', 'nonsense']) {
      await expect(pool.query(statement)).rejects.toThrow();
    }
    await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ inUse: 0, open: 1 }));
    await pool.query('SELECT 1');
    await pool.end();
  });

  it('serves a server that takes most of that time to let it in', async () => {
    const proxy = await startDatabaseProxy(database.connection.port);
    const slow = { ...target, datasourceUrl: datasourceUrl({ ...database.connection, port: proxy.port }) };
    // A connection takes six answers: one about TLS, three for the sign-in, one for the marker and one for the limits.
    proxy.slowDown(280);
    const pool = connections.createPool(slow, limits);
    (await pool.connect()).release();
    await pool.end();
    await proxy.close();
  });

  it('waits for a connection of the budget as long as it is told to, and no longer', async () => {
    const pool = connections.createPool(target, limits);
    const held = [await pool.connect(), await pool.connect()];
    const waited = await refusedAfter(() => pool.connect(), 'TENANT_BUSY');
    expect(waited).toBeGreaterThanOrEqual(1_990);
    expect(waited).toBeLessThan(3_500);
    for (const client of held) client.release();
    await pool.end();
  });

  it('is opened again under the same budget when a closed client is used again', async () => {
    const { client: db } = await openTenantClient(target, limits, connections);
    await db.$disconnect();
    await vi.waitFor(() => expect(connections.statistics().open).toBe(0));
    await db.user.findFirst();
    expect(connections.statistics().open).toBe(1);
    await db.$disconnect();
  });

  it('gets back the connection of a transaction that failed, or could not begin in time', async () => {
    const { client: db } = await openTenantClient(target, limits, connections);
    const sleep = () =>
      db.$transaction(
        async (transaction) => {
          await transaction.$queryRaw`SELECT pg_sleep(0.3)::text`;
          throw new Error('changed my mind');
        },
        { maxWait: 100 },
      );
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, sleep));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(6);
    await vi.waitFor(() => expect(connections.statistics()).toMatchObject({ inUse: 0, waiting: 0 }));
    await db.$disconnect();
  });
});
