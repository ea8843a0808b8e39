import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { forEachTenant, type TenantPage } from '../../../../src/tenancy/fleet/for-each-tenant.ts';

const keysOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `tenant${String(index).padStart(2, '0')}`);

/** A fleet in memory, and how many tenants have been read so far. */
function fleetOf(count: number) {
  const fleet = { keys: keysOf(count), read: 0 };
  const readPage = async ({ where, take }: TenantPage) => {
    const page = fleet.keys.filter((key) => key > (where.tenantKey?.gt ?? '')).slice(0, take);
    fleet.read += page.length;
    return page.map((tenantKey) => ({ tenantKey }));
  };
  return { fleet, readPage };
}

describe('a walk over the fleet', () => {
  it.each([0, 1, 4, 5, 8, 9])('has one outcome for each of %i tenants, by key', async (count) => {
    const { readPage } = fleetOf(count);
    const outcomes = await forEachTenant(
      { pageSize: 4, concurrency: 3 },
      readPage,
      async ({ tenantKey }) => tenantKey,
    );
    expect(outcomes).toEqual(keysOf(count));
  });

  it('holds no more than a page of tenants', async () => {
    const { fleet, readPage } = fleetOf(10);
    let begun = 0;
    await forEachTenant({ pageSize: 4, concurrency: 4 }, readPage, async () => {
      expect(fleet.read - begun).toBeLessThanOrEqual(4);
      begun++;
    });
    expect(begun).toBe(10);
  });

  it('passes over nobody because a tenant was removed meanwhile', async () => {
    const { fleet, readPage } = fleetOf(8);
    const outcomes = await forEachTenant({ pageSize: 3, concurrency: 1 }, readPage, async ({ tenantKey }) => {
      fleet.keys = fleet.keys.filter((key) => key !== tenantKey);
      return tenantKey;
    });
    expect(outcomes).toEqual(keysOf(8));
  });

  it('works on no more tenants at once than it was told', async () => {
    const { readPage } = fleetOf(10);
    let running = 0;
    let most = 0;
    await forEachTenant({ pageSize: 10, concurrency: 3 }, readPage, async () => {
      most = Math.max(most, ++running);
      await setImmediate();
      running--;
    });
    expect(most).toBe(3);
  });

  it('begins with no further tenant once it is stopped, and ends those under way', async () => {
    const { fleet, readPage } = fleetOf(10);
    const stop = new AbortController();
    const outcomes = await forEachTenant(
      { pageSize: 4, concurrency: 2, signal: stop.signal },
      readPage,
      async ({ tenantKey }) => {
        if (tenantKey === 'tenant01') stop.abort();
        await Promise.resolve();
        return tenantKey;
      },
    );
    expect(outcomes).toEqual(['tenant00', 'tenant01']);
    expect(fleet.read).toBe(4);
  });
});
