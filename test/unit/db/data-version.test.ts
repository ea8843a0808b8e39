import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { readDataVersion } from '../../../src/db/data-version.ts';

const [one, another] = [randomUUID(), randomUUID()];
const started = '1764000000.000001';

/** The version where the database answers with these rows. */
const versionOf = (...rows: readonly object[]) => readDataVersion({ run: async () => rows });

/** A database that has not been migrated. */
const lackingIn = (onRun: () => void) => ({
  run: async (): Promise<readonly unknown[]> => {
    onRun();
    throw Object.assign(new Error('No table.'), { code: '42P01' });
  },
});

describe('the version of what a database holds', () => {
  it('is all values together, in whatever order they come', async () => {
    const rows = [
      { version: one, started },
      { version: another, started },
    ];
    expect(await versionOf(...rows)).toBe(await versionOf(...rows.toReversed()));
    expect(await versionOf({ version: one, started })).not.toBe(await versionOf(...rows));
  });

  it('is another one after the server has started anew', async () => {
    const before = await versionOf({ version: one, started });
    expect(await versionOf({ version: one, started: '1764000000.000002' })).not.toBe(before);
  });

  it('is none where nobody has made any', async () => {
    expect(await versionOf()).toBeNull();
    expect(await readDataVersion(lackingIn(() => undefined))).toBeNull();
  });

  it('is not asked for again and again where there is no table, and soon where one was made', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const run = vi.fn();
      const lacking = lackingIn(run);
      for (let request = 0; request < 5; request++) expect(await readDataVersion(lacking)).toBeNull();
      expect(run).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(10_001);
      lacking.run = async () => [{ version: one, started }];
      expect(await readDataVersion(lacking)).toContain(one);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is asked for once by those who ask at the same moment', async () => {
    let runs = 0;
    const statements = {
      run: async () => {
        runs++;
        return [{ version: one, started }];
      },
    };
    await Promise.all(Array.from({ length: 10 }, () => readDataVersion(statements)));
    expect(runs).toBe(2);
  });
});
