import { describe, expect, it } from 'vitest';
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
