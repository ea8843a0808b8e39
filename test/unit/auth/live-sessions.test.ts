import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLiveSessions, type LiveSession } from '../../../src/auth/sessions/live-sessions.ts';
import { noReach } from '../../../src/auth/viewer.ts';
import { createLocalCache } from '../../../src/cache/shared-cache.ts';

const sessionOf = (userId: string, permissions = 0, colleagues = 0): LiveSession => ({
  userId,
  username: userId,
  role: 'tenant_user',
  permissions: new Set(Array.from({ length: permissions }, (_, index) => `things${index}:read`)),
  reach: { ...noReach, colleagueIds: Array.from({ length: colleagues }, (_, index) => `colleague${index}`) },
});

function createMemory() {
  const live = createLiveSessions(createLocalCache(), 60);
  let loads = 0;
  const find = (realm: string, sessionId: string, permissions?: number, colleagues?: number) =>
    live.find(realm, sessionId, async () => {
      loads++;
      return sessionOf(sessionId, permissions, colleagues);
    });
  return { live, find, loads: () => loads };
}

describe('live sessions', () => {
  it('are read once while they are fresh, each realm’s apart from the others’', async () => {
    const { find, loads } = createMemory();
    await Promise.all([find('acme01', 's'), find('acme01', 's'), find('beta02', 's'), find('acme01', 't')]);
    expect(loads()).toBe(3);
  });

  it('are read anew after a change in their realm, and only in that', async () => {
    const { live, find, loads } = createMemory();
    await Promise.all([find('acme01', 's'), find('beta02', 's')]);
    await live.invalidate('acme01');
    await Promise.all([find('acme01', 's'), find('beta02', 's')]);
    expect(loads()).toBe(3);
  });

  it('are read anew once the account’s access ends', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { live } = createMemory();
    let loads = 0;
    const find = () =>
      live.find('acme01', 's', async () => {
        loads++;
        return { ...sessionOf('s'), accessSeconds: 10 };
      });
    await find();
    vi.advanceTimersByTime(9_999);
    await find();
    expect(loads).toBe(1);
    vi.advanceTimersByTime(1);
    await find();
    expect(loads).toBe(2);
  });

  it('that are being read when a change comes are joined by nobody', async () => {
    const { live } = createMemory();
    const before = live.find('acme01', 's', async () => sessionOf('before'));
    await live.invalidate('acme01');
    const after = live.find('acme01', 's', async () => sessionOf('after'));
    expect((await before)?.userId).toBe('before');
    expect((await after)?.userId).toBe('after');
    expect((await live.find('acme01', 's', async () => sessionOf('again')))?.userId).toBe('after');
  });

  it('whose reading failed are read again', async () => {
    const { live, find } = createMemory();
    const failed = live.find('acme01', 's', () => Promise.reject(new Error('No answer.')));
    await expect(failed).rejects.toThrow('No answer.');
    expect((await find('acme01', 's'))?.userId).toBe('s');
  });

  it('are forgotten by what they take, whatever realms they are of', async () => {
    const forgetsFirstOf = async (count: number, permissions: number, colleagues = 0) => {
      const { find, loads } = createMemory();
      for (let index = 0; index < count; index++) {
        await find(`t${index % 100}`, `s${index}`, permissions, colleagues);
      }
      await find('t0', 's0', permissions);
      return loads() > count;
    };
    expect(await forgetsFirstOf(8_000, 0)).toBe(false);
    expect(await forgetsFirstOf(8_000, 30)).toBe(true);
    expect(await forgetsFirstOf(8_000, 0, 50)).toBe(true);
    expect(await forgetsFirstOf(22_000, 0)).toBe(true);
  });
});
