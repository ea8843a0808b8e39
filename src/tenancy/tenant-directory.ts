import { LRUCache } from 'lru-cache';
import type { SharedCache } from '../cache/index.ts';
import type { CentralClient } from '../db/central-client.ts';
import { isDatabaseUnavailable } from '../db/database-errors.ts';
import { ServiceUnavailableError } from '../errors/index.ts';
import type { DirectorySeal } from './directory-seal.ts';
import { type DirectoryTenant, readTenant } from './tenant.ts';
import { isTenantKey } from './tenant-key.ts';

/** Finds tenants by key, from the nearest place that knows: this process, Redis, the central database. */
export interface TenantDirectory {
  /**
   * The tenant of that key, whatever its status; null when there is none.
   * @throws {ServiceUnavailableError} when nothing that knows can be reached.
   */
  find(tenantKey: string): Promise<DirectoryTenant | null>;
  /** Returns whether this process has found that tenant lately. It asks nobody. */
  hasFound(tenantKey: string): boolean;
  /**
   * Invalidates every process's cached row; must be called after each change of the tenant's row or public settings.
   */
  invalidate(tenantKey: string): Promise<void>;
  /** Calls `listener` when what was known of a tenant has been forgotten; with null when it was everything. */
  onInvalidated(listener: (tenantKey: string | null) => void): void;
}

/** Rules for which answers are believed, and for how long. */
export interface TenantDirectoryOptions {
  /**
   * Seconds for which an answer of the central database is believed, unless it is told otherwise: the longest that
   * a change goes unseen while messages are lost, whatever caches the answer has passed.
   */
  readonly freshSeconds: number;
  /** Seconds for which an answer may still be used while the central database can't be reached. */
  readonly staleSeconds: number;
  /** Tells our own entries in the shared cache from others. */
  readonly seal: DirectorySeal;
  /** Called, every ten minutes at most, for an entry in the shared cache that is not ours. */
  readonly onForgery: (tenantKey: string) => void;
}

interface Answer {
  readonly tenant: DirectoryTenant | null;
  readonly freshUntil: number;
}

/** The bound for all answers: some 10,000 tenants, and far more made-up keys. */
const answersBytes = 16 * 1_024 * 1_024;

/** The size of an answer without its texts. */
const answerBytes = 400;

/** The bound for the changes of some 15,000 tenants. */
const changesBytes = 4 * 1_024 * 1_024;

/** The size of a change without the tenant's key. */
const changeBytes = 200;

/** A tenant registered a moment ago must not stay unknown for long. */
const unknownFreshSeconds = 5;

const cacheKey = (tenantKey: string) => `tenant:${tenantKey}`;

/** The tolerated difference between servers' clocks. An entry from further in the future has no usable age. */
const clockToleranceMilliseconds = 30_000;

/** The pause between reports, since whoever writes to the cache could fill the log as well. */
const forgeryPauseMilliseconds = 600_000;

/** Invalidates every process's cached row of the tenant. */
export function invalidateTenant(shared: SharedCache, tenantKey: string): Promise<void> {
  return shared.invalidate(cacheKey(tenantKey));
}

/** Creates the directory of the central database. */
export function createTenantDirectory(
  central: CentralClient,
  shared: SharedCache,
  options: TenantDirectoryOptions,
): TenantDirectory {
  const answers = new LRUCache<string, Answer>({
    maxSize: answersBytes,
    sizeCalculation: ({ tenant }, tenantKey) =>
      answerBytes + tenantKey.length + (tenant ? JSON.stringify(tenant).length * 2 : 0),
    ttl: options.staleSeconds * 1_000,
  });
  const lookUps = new Map<string, Promise<Answer>>();
  /** The time of the last announced change of each tenant's row: older entries are outdated, even if stored again. */
  const changes = new LRUCache<string, number>({
    maxSize: changesBytes,
    sizeCalculation: (_changedAt, tenantKey) => changeBytes + tenantKey.length,
    ttl: options.staleSeconds * 1_000,
  });
  let nextForgeryAt = Number.NEGATIVE_INFINITY;
  const listeners: ((tenantKey: string | null) => void)[] = [];
  const tell = (tenantKey: string | null) => {
    for (const listener of listeners) listener(tenantKey);
  };

  shared.onInvalidated((key) => {
    if (key === null) {
      answers.clear();
      lookUps.clear();
      tell(null);
      return;
    }
    if (!key.startsWith(cacheKey(''))) return;
    const tenantKey = key.slice(cacheKey('').length);
    if (!isTenantKey(tenantKey)) return;
    changes.set(tenantKey, Date.now());
    answers.delete(tenantKey);
    // A look-up under way may have read the row before it changed: nobody else may join it.
    lookUps.delete(tenantKey);
    tell(tenantKey);
  });

  function reportForgery(tenantKey: string): void {
    if (performance.now() < nextForgeryAt) return;
    nextForgeryAt = performance.now() + forgeryPauseMilliseconds;
    options.onForgery(tenantKey);
  }

  /** Opens an entry of the shared cache; null unless it is our own and not outdated. */
  function openShared(
    tenantKey: string,
    text: string,
  ): { tenant: DirectoryTenant; ageSeconds: number } | null {
    const entry = options.seal.open(tenantKey, text);
    if (entry === 'forged') {
      reportForgery(tenantKey);
      return null;
    }
    if (entry === null) return null;
    const age = Date.now() - entry.readAt;
    if (age < -clockToleranceMilliseconds || age >= options.staleSeconds * 1_000) return null;
    if (entry.readAt <= (changes.get(tenantKey) ?? Number.NEGATIVE_INFINITY)) return null;
    return { tenant: entry.tenant, ageSeconds: Math.max(0, age / 1_000) };
  }

  async function load(tenantKey: string): Promise<{ tenant: DirectoryTenant | null; ageSeconds: number }> {
    const { value, revision, ageSeconds: storedSeconds } = await shared.read(cacheKey(tenantKey));
    const opened = value === null ? null : openShared(tenantKey, value);
    // All processes share the cache's clock, but whoever writes to the cache can set the age that it reports.
    const known = opened && { ...opened, ageSeconds: Math.max(opened.ageSeconds, storedSeconds) };
    if (known && known.ageSeconds < options.freshSeconds) return known;
    try {
      const readAt = Date.now();
      const tenant = await readTenant(central, tenantKey);
      if (tenant) await shared.write(cacheKey(tenantKey), options.seal.seal({ tenant, readAt }), revision);
      return { tenant, ageSeconds: 0 };
    } catch (error) {
      if (known && isDatabaseUnavailable(error)) return known;
      throw error;
    }
  }

  function lookUp(tenantKey: string): Promise<Answer> {
    const underWay = lookUps.get(tenantKey);
    if (underWay) return underWay;
    const started = load(tenantKey)
      .then(({ tenant, ageSeconds }) => {
        const freshSeconds = tenant
          ? options.freshSeconds - ageSeconds
          : Math.min(options.freshSeconds, unknownFreshSeconds);
        const answer = { tenant, freshUntil: performance.now() + freshSeconds * 1_000 };
        if (lookUps.get(tenantKey) === started) answers.set(tenantKey, answer);
        return answer;
      })
      .finally(() => {
        if (lookUps.get(tenantKey) === started) lookUps.delete(tenantKey);
      });
    lookUps.set(tenantKey, started);
    return started;
  }

  return {
    async find(tenantKey) {
      if (!isTenantKey(tenantKey)) return null;
      const known = answers.get(tenantKey);
      if (known && performance.now() < known.freshUntil) return known.tenant;
      try {
        return (await lookUp(tenantKey)).tenant;
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        if (known) return known.tenant;
        throw new ServiceUnavailableError({ cause: error });
      }
    },
    hasFound: (tenantKey) => answers.peek(tenantKey)?.tenant != null,
    invalidate: (tenantKey) => invalidateTenant(shared, tenantKey),
    onInvalidated: (listener) => {
      listeners.push(listener);
    },
  };
}
