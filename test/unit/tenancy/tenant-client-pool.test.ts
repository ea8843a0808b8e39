import { describe, expect, it, vi } from 'vitest';
import type { TenantClient } from '../../../src/db/tenant-client.ts';
import { ServiceUnavailableError } from '../../../src/errors/index.ts';
import { createTenantClientPool, type LeakedLease } from '../../../src/tenancy/tenant-client-pool.ts';

/** A pool over clients that do nothing but remember that they were closed. */
function createTestPool(capacity: number, idleSeconds = 3600) {
  const built: string[] = [];
  const closed: string[] = [];
  const leaks: LeakedLease[] = [];
  const failures = new Map<string, Error>();
  const pool = createTenantClientPool(
    async ({ datasourceUrl: url }) => {
      built.push(url);
      await Promise.resolve();
      const failure = failures.get(url);
      if (failure) throw failure;
      const client: Pick<TenantClient, '$disconnect'> = {
        $disconnect: async () => {
          closed.push(url);
        },
      };
      return {
        client: client as TenantClient,
        statements: { run: async () => [] },
        rows: { findMany: async () => [] },
      };
    },
    { capacity, idleSeconds },
    { onDisposeError: () => {}, onLeak: (leak) => void leaks.push(leak) },
  );
  const lease = (name: string, concurrency = 1) =>
    pool.lease({
      tenant: { id: 1, tenantKey: name },
      datasourceUrl: name,
      limits: { concurrency, statementTimeoutSeconds: 1 },
    });
  return { pool: { ...pool, lease }, built, closed, leaks, failures };
}

describe('the tenant client pool', () => {
  it('builds one client for requests that arrive together at a cold tenant', async () => {
    const { pool, built } = createTestPool(2);
    const leases = await Promise.all(Array.from({ length: 50 }, () => pool.lease('a')));
    expect(built).toEqual(['a']);
    expect(new Set(leases.map(({ client }) => client)).size).toBe(1);
  });

  it('keeps a leased client open after its eviction until the last request releases it', async () => {
    const { pool, closed } = createTestPool(1);
    const first = await pool.lease('a');
    const second = await pool.lease('a');
    await pool.lease('b');
    expect(pool.statistics()).toMatchObject({ kept: 1, draining: 1 });
    first.release();
    expect(closed).toEqual([]);
    second.release();
    await vi.waitFor(() => expect(closed).toEqual(['a']));
    expect(pool.statistics()).toMatchObject({ kept: 1, draining: 0 });
  });

  it('evicts the least recently used tenant', async () => {
    const { pool, closed } = createTestPool(2);
    for (const url of ['a', 'b', 'a', 'c']) (await pool.lease(url)).release();
    await vi.waitFor(() => expect(closed).toEqual(['b']));
  });

  it('evicts an idle client rather than one that is leased', async () => {
    const { pool, closed } = createTestPool(2);
    await pool.lease('a');
    (await pool.lease('b')).release();
    (await pool.lease('c')).release();
    await vi.waitFor(() => expect(closed).toEqual(['b']));
  });

  it('builds a new client for a tenant whose evicted one still drains', async () => {
    const { pool, built } = createTestPool(1);
    const old = await pool.lease('a');
    (await pool.lease('b')).release();
    const fresh = await pool.lease('a');
    expect(built).toEqual(['a', 'b', 'a']);
    expect(fresh.client).not.toBe(old.client);
  });

  it('leases a retired client no more, and closes it when its last lease has ended', async () => {
    const { pool, built, closed } = createTestPool(2);
    const running = await pool.lease('a');
    pool.retire('a');
    pool.retire('nobody');
    expect(pool.statistics()).toMatchObject({ kept: 0, draining: 1, leases: 1 });
    const next = await pool.lease('a');
    expect(next.client).not.toBe(running.client);
    expect(closed).toEqual([]);
    running.release();
    await vi.waitFor(() => expect(closed).toEqual(['a']));
    expect(built).toEqual(['a', 'a']);
    expect(pool.statistics()).toMatchObject({ kept: 1, draining: 0, leases: 1 });
  });

  it('builds a new client when a tenant’s limits change, and closes the old one after its last request', async () => {
    const { pool, built, closed } = createTestPool(2);
    const old = await pool.lease('a', 1);
    const fresh = await pool.lease('a', 2);
    expect(built).toEqual(['a', 'a']);
    expect(fresh.client).not.toBe(old.client);
    expect(closed).toEqual([]);
    old.release();
    await vi.waitFor(() => expect(closed).toEqual(['a']));
    expect(pool.statistics()).toMatchObject({ kept: 1, draining: 0, leases: 1 });
  });

  it('counts a release once, however often it is called', async () => {
    const { pool, closed } = createTestPool(1);
    const first = await pool.lease('a');
    const second = await pool.lease('a');
    first.release();
    first.release();
    (await pool.lease('b')).release();
    expect(closed).toEqual([]);
    second.release();
    await vi.waitFor(() => expect(closed).toContain('a'));
  });

  it('forgets a build that failed, and fails everybody who waited for it', async () => {
    const { pool, built, failures } = createTestPool(2);
    failures.set('a', new Error('down'));
    const attempts = await Promise.allSettled([pool.lease('a'), pool.lease('a')]);
    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(pool.statistics()).toMatchObject({ kept: 0, draining: 0, leases: 0 });
    failures.clear();
    await pool.lease('a');
    expect(built).toEqual(['a', 'a']);
  });

  it('closes clients that nobody has leased for the idle time', async () => {
    vi.useFakeTimers();
    try {
      const { pool, closed } = createTestPool(5, 1);
      (await pool.lease('a')).release();
      const held = await pool.lease('b');
      await vi.advanceTimersByTimeAsync(2_500);
      expect(closed).toEqual(['a']);
      held.release();
      await vi.advanceTimersByTimeAsync(2_500);
      expect(closed).toEqual(['a', 'b']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps an evicted client no longer than half an hour for a lease that is never released, and reports it', async () => {
    vi.useFakeTimers();
    try {
      const { pool, closed, leaks } = createTestPool(5);
      const leaked = await pool.lease('a');
      pool.retire('a');
      await vi.advanceTimersByTimeAsync(29 * 60_000);
      expect(closed).toEqual([]);
      await vi.advanceTimersByTimeAsync(2 * 60_000);
      expect(closed).toEqual(['a']);
      expect(leaks).toEqual([{ tenantKey: 'a', seconds: 1_800 }]);
      leaked.release();
      expect(pool.statistics().leases).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes on leasing a client of which a lease was leaked, for those who still use it', async () => {
    vi.useFakeTimers();
    try {
      const { pool, built, closed, leaks } = createTestPool(5);
      await pool.lease('a');
      await vi.advanceTimersByTimeAsync(20 * 60_000);
      const held = await pool.lease('a');
      await vi.advanceTimersByTimeAsync(20 * 60_000);
      expect(leaks).toHaveLength(1);
      pool.retire('a');
      expect([built, closed]).toEqual([['a'], []]);
      held.release();
      await vi.waitFor(() => expect(closed).toEqual(['a']));
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits for outstanding leases when it closes, and then closes everything', async () => {
    const { pool, closed } = createTestPool(5);
    const held = await pool.lease('a');
    (await pool.lease('b')).release();
    const closing = pool.close(60_000);
    await vi.waitFor(() => expect(closed).toEqual(['b']));
    held.release();
    await closing;
    expect(closed).toEqual(['b', 'a']);
  });

  it('closes without a wait when the last client that was being built can’t be', async () => {
    const { pool, failures } = createTestPool(2);
    failures.set('a', new Error('down'));
    const lease = pool.lease('a');
    const closing = pool.close(60_000);
    await expect(lease).rejects.toThrow('down');
    await closing;
    expect(pool.statistics()).toMatchObject({ kept: 0, draining: 0, leases: 0 });
  });

  it('refuses new leases once it closes', async () => {
    const { pool } = createTestPool(5);
    await pool.close(0);
    await expect(pool.lease('a')).rejects.toThrow(ServiceUnavailableError);
  });

  it('closes clients that are still leased when the time to drain is over', async () => {
    const { pool, closed } = createTestPool(5);
    await pool.lease('a');
    await pool.close(1);
    expect(closed).toEqual(['a']);
  });
});
