import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ConnectionPermit,
  type ConnectionPermits,
  createConnectionPermits,
  type IdleConnections,
} from '../../../src/db/connections/connection-permits.ts';

/** A pool of connections that are nothing but their permits. */
class FakePool implements IdleConnections {
  readonly idle: ConnectionPermit[] = [];
  readonly ending: ConnectionPermit[] = [];
  promised = 0;
  readonly #permits: ConnectionPermits;

  constructor(permits: ConnectionPermits) {
    this.#permits = permits;
  }

  spareCount(): number {
    return this.idle.length - this.promised;
  }

  endOne(begun: () => void): void {
    const permit = this.idle.pop();
    queueMicrotask(() => {
      permit?.ending();
      if (permit) this.ending.push(permit);
      begun();
    });
  }

  take(): Promise<ConnectionPermit | null> {
    return this.#permits.take(this, () => this.promised++);
  }

  async open(): Promise<ConnectionPermit> {
    const permit = await this.take();
    if (permit === null) throw new Error('An idle connection was promised.');
    return permit;
  }

  release(permit: ConnectionPermit): void {
    this.idle.push(permit);
    this.#permits.becameIdle(this);
  }
}

const round = () => new Promise((resolve) => setImmediate(resolve));

describe('permits', () => {
  it('are freed for another tenant by ending the connection that was idle longest, once it has ended', async () => {
    const permits = createConnectionPermits(2);
    const [old, recent, asking] = [new FakePool(permits), new FakePool(permits), new FakePool(permits)];
    const [first, second] = [await old.open(), await recent.open()];
    recent.release(second);
    old.release(first);
    recent.idle.pop();
    recent.release(second);
    let permit: ConnectionPermit | null = null;
    void asking.open().then((taken) => {
      permit = taken;
    });
    await round();
    expect([old.ending.length, recent.ending.length]).toEqual([1, 0]);
    expect(permit).toBeNull();
    expect(permits.taken()).toBe(2);
    first.free();
    await round();
    expect(permit).not.toBeNull();
    expect(permits.taken()).toBe(2);
  });

  it('end as many idle connections as there are requests, and no more', async () => {
    const permits = createConnectionPermits(4);
    const [idle, asking] = [new FakePool(permits), new FakePool(permits)];
    const all = [await idle.open(), await idle.open(), await idle.open(), await idle.open()];
    for (const permit of all) idle.release(permit);
    const waiting = [asking.open(), asking.open()];
    await round();
    expect(idle.ending).toHaveLength(2);
    for (const permit of idle.ending) permit.free();
    await Promise.all(waiting);
    expect(idle.idle).toHaveLength(2);
  });

  it('are not taken by who finds a connection of their own idle in the meantime', async () => {
    const permits = createConnectionPermits(2);
    const [other, own] = [new FakePool(permits), new FakePool(permits)];
    const busy = await own.open();
    const idle = await other.open();
    other.release(idle);
    const waiting = own.take();
    await round();
    own.release(busy);
    expect(await waiting).toBeNull();
    expect(own.promised).toBe(1);
    idle.free();
    expect(permits.taken()).toBe(1);
  });

  it('are freed by ending a second connection of a tenant before the only one of another, however long that is idle', async () => {
    const permits = createConnectionPermits(3);
    const [only, two, asking] = [new FakePool(permits), new FakePool(permits), new FakePool(permits)];
    only.release(await only.open());
    for (const permit of [await two.open(), await two.open()]) two.release(permit);
    void asking.open();
    await round();
    expect([only.ending.length, two.ending.length]).toEqual([0, 1]);
  });

  it('are given to who has no connection before who asked earlier for a second one', async () => {
    const permits = createConnectionPermits(2);
    const [busy, greedy, asking] = [new FakePool(permits), new FakePool(permits), new FakePool(permits)];
    await greedy.open();
    const permit = await busy.open();
    const taken: string[] = [];
    void greedy.open().then(() => taken.push('greedy'));
    void asking.open().then(() => taken.push('asking'));
    permit.free();
    await round();
    expect(taken).toEqual(['asking']);
  });

  it('are not freed at once for a second connection by ending the only one of another tenant', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const permits = createConnectionPermits(2);
    const [other, own] = [new FakePool(permits), new FakePool(permits)];
    other.release(await other.open());
    await own.open();
    void own.open();
    await round();
    expect(other.ending).toHaveLength(0);
    // Its own connection may be in use for a while.
    vi.advanceTimersByTime(200);
    await round();
    expect(other.ending).toHaveLength(1);
  });

  it('end idle connections at once when there are fewer, and others when they become idle', async () => {
    const permits = createConnectionPermits(3);
    const pool = new FakePool(permits);
    const [first, second, third] = [await pool.open(), await pool.open(), await pool.open()];
    pool.release(first);
    permits.resize(1);
    await round();
    expect(pool.ending).toHaveLength(1);
    pool.release(second);
    await round();
    expect(pool.ending).toHaveLength(2);
    for (const permit of pool.ending) permit.free();
    expect(permits.taken()).toBe(1);
    pool.release(third);
    await round();
    expect(pool.ending).toHaveLength(2);
  });

  it('serve who waits when there are more', async () => {
    const permits = createConnectionPermits(1);
    const [busy, asking] = [new FakePool(permits), new FakePool(permits)];
    await busy.open();
    const waiting = asking.open();
    permits.resize(2);
    await waiting;
    expect(permits.taken()).toBe(2);
  });

  it('use a connection that ends by itself instead of ending another', async () => {
    const permits = createConnectionPermits(2);
    const [dying, idle, asking] = [new FakePool(permits), new FakePool(permits), new FakePool(permits)];
    const going = await dying.open();
    idle.release(await idle.open());
    going.ending();
    const waiting = asking.open();
    await round();
    expect(idle.ending).toHaveLength(0);
    going.free();
    await waiting;
  });

  it('are freed once, however often that is said', async () => {
    const permits = createConnectionPermits(2);
    const pool = new FakePool(permits);
    const permit = await pool.open();
    permit.ending();
    permit.ending();
    permit.free();
    permit.free();
    expect(permits.taken()).toBe(0);
  });
});
