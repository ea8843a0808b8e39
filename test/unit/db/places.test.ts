import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createPlaces,
  type IdleConnections,
  type Place,
  type Places,
} from '../../../src/db/connections/places.ts';

/** A pool of connections that are nothing but their places. */
class FakePool implements IdleConnections {
  readonly idle: Place[] = [];
  readonly ending: Place[] = [];
  promised = 0;
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  spareCount(): number {
    return this.idle.length - this.promised;
  }

  endOne(begun: () => void): void {
    const place = this.idle.pop();
    queueMicrotask(() => {
      place?.ending();
      if (place) this.ending.push(place);
      begun();
    });
  }

  take(): Promise<Place | null> {
    return this.#places.take(this, () => this.promised++);
  }

  async open(): Promise<Place> {
    const place = await this.take();
    if (place === null) throw new Error('An idle connection was promised.');
    return place;
  }

  release(place: Place): void {
    this.idle.push(place);
    this.#places.becameIdle(this);
  }
}

const round = () => new Promise((resolve) => setImmediate(resolve));

describe('places', () => {
  it('are freed for another tenant by ending the connection that was idle longest, once it has ended', async () => {
    const places = createPlaces(2);
    const [old, recent, asking] = [new FakePool(places), new FakePool(places), new FakePool(places)];
    const [first, second] = [await old.open(), await recent.open()];
    recent.release(second);
    old.release(first);
    recent.idle.pop();
    recent.release(second);
    let place: Place | null = null;
    void asking.open().then((taken) => {
      place = taken;
    });
    await round();
    expect([old.ending.length, recent.ending.length]).toEqual([1, 0]);
    expect(place).toBeNull();
    expect(places.taken()).toBe(2);
    first.free();
    await round();
    expect(place).not.toBeNull();
    expect(places.taken()).toBe(2);
  });

  it('end as many idle connections as there are requests, and no more', async () => {
    const places = createPlaces(4);
    const [idle, asking] = [new FakePool(places), new FakePool(places)];
    const all = [await idle.open(), await idle.open(), await idle.open(), await idle.open()];
    for (const place of all) idle.release(place);
    const waiting = [asking.open(), asking.open()];
    await round();
    expect(idle.ending).toHaveLength(2);
    for (const place of idle.ending) place.free();
    await Promise.all(waiting);
    expect(idle.idle).toHaveLength(2);
  });

  it('are not taken by who finds a connection of their own idle in the meantime', async () => {
    const places = createPlaces(2);
    const [other, own] = [new FakePool(places), new FakePool(places)];
    const busy = await own.open();
    const idle = await other.open();
    other.release(idle);
    const waiting = own.take();
    await round();
    own.release(busy);
    expect(await waiting).toBeNull();
    expect(own.promised).toBe(1);
    idle.free();
    expect(places.taken()).toBe(1);
  });

  it('are freed by ending a second connection of a tenant before the only one of another, however long that is idle', async () => {
    const places = createPlaces(3);
    const [only, two, asking] = [new FakePool(places), new FakePool(places), new FakePool(places)];
    only.release(await only.open());
    for (const place of [await two.open(), await two.open()]) two.release(place);
    void asking.open();
    await round();
    expect([only.ending.length, two.ending.length]).toEqual([0, 1]);
  });

  it('are given to who has no connection before who asked earlier for a second one', async () => {
    const places = createPlaces(2);
    const [busy, greedy, asking] = [new FakePool(places), new FakePool(places), new FakePool(places)];
    await greedy.open();
    const place = await busy.open();
    const taken: string[] = [];
    void greedy.open().then(() => taken.push('greedy'));
    void asking.open().then(() => taken.push('asking'));
    place.free();
    await round();
    expect(taken).toEqual(['asking']);
  });

  it('are not freed at once for a second connection by ending the only one of another tenant', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const places = createPlaces(2);
    const [other, own] = [new FakePool(places), new FakePool(places)];
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
    const places = createPlaces(3);
    const pool = new FakePool(places);
    const [first, second, third] = [await pool.open(), await pool.open(), await pool.open()];
    pool.release(first);
    places.resize(1);
    await round();
    expect(pool.ending).toHaveLength(1);
    pool.release(second);
    await round();
    expect(pool.ending).toHaveLength(2);
    for (const place of pool.ending) place.free();
    expect(places.taken()).toBe(1);
    pool.release(third);
    await round();
    expect(pool.ending).toHaveLength(2);
  });

  it('serve who waits when there are more', async () => {
    const places = createPlaces(1);
    const [busy, asking] = [new FakePool(places), new FakePool(places)];
    await busy.open();
    const waiting = asking.open();
    places.resize(2);
    await waiting;
    expect(places.taken()).toBe(2);
  });

  it('use a connection that ends by itself instead of ending another', async () => {
    const places = createPlaces(2);
    const [dying, idle, asking] = [new FakePool(places), new FakePool(places), new FakePool(places)];
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
    const places = createPlaces(2);
    const pool = new FakePool(places);
    const place = await pool.open();
    place.ending();
    place.ending();
    place.free();
    place.free();
    expect(places.taken()).toBe(0);
  });
});
