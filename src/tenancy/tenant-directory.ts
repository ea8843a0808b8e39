import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { SharedCache } from '../cache/index.ts';
import type { CentralClient } from '../db/central-client.ts';
import { isDatabaseUnavailable } from '../db/database-errors.ts';
import { ServiceUnavailableError } from '../errors/index.ts';
import { readTenant, type Tenant, tenantSchema } from './tenant.ts';
import { isTenantKey } from './tenant-key.ts';

/** Finds tenants by key, from the nearest place that knows: this process, Redis, the central database. */
export interface TenantDirectory {
  /**
   * The tenant of that key, whatever its status; null when there is none.
   * @throws {ServiceUnavailableError} when nothing that knows can be reached.
   */
  find(tenantKey: string): Promise<Tenant | null>;
  /** Makes every process look the tenant up anew: to be called after each change of its row. */
  invalidate(tenantKey: string): Promise<void>;
  /** Calls `listener` when what was known of a tenant has been forgotten; with null when it was everything. */
  onForgotten(listener: (tenantKey: string | null) => void): void;
}

/** How long answers are believed. */
export interface TenantDirectoryOptions {
  /**
   * Seconds for which an answer of the central database is believed, unless it is told otherwise: the longest that
   * a change goes unseen while messages are lost, whatever caches the answer has passed.
   */
  readonly freshSeconds: number;
  /** Seconds for which an answer may still be used while the central database can't be reached. */
  readonly staleSeconds: number;
}

interface Answer {
  readonly tenant: Tenant | null;
  readonly freshUntil: number;
}

/** For all answers: some 10,000 tenants, and far more of the keys that somebody makes up. */
const answersBytes = 16 * 1_024 * 1_024;

/** Of an answer without the texts in it. */
const answerBytes = 400;

/** A tenant registered a moment ago must not stay unknown for long. */
const unknownFreshSeconds = 5;

const cacheKey = (tenantKey: string) => `tenant:${tenantKey}`;

const sharedAnswerSchema = z
  .string()
  .transform((text, issues) => {
    try {
      return JSON.parse(text);
    } catch {
      issues.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(tenantSchema);

/** Makes the directory over the central database. */
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
    answers.delete(tenantKey);
    // A look-up under way may have read the row before it changed: nobody else may join it.
    lookUps.delete(tenantKey);
    tell(tenantKey);
  });

  async function load(tenantKey: string): Promise<{ tenant: Tenant | null; ageSeconds: number }> {
    const { value, revision, ageSeconds } = await shared.read(cacheKey(tenantKey));
    const known = sharedAnswerSchema.safeParse(value);
    if (known.success && ageSeconds < options.freshSeconds) return { tenant: known.data, ageSeconds };
    try {
      const tenant = await readTenant(central, tenantKey);
      if (tenant) await shared.write(cacheKey(tenantKey), JSON.stringify(tenant), revision);
      return { tenant, ageSeconds: 0 };
    } catch (error) {
      if (known.success && isDatabaseUnavailable(error)) return { tenant: known.data, ageSeconds };
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
    invalidate: (tenantKey) => shared.invalidate(cacheKey(tenantKey)),
    onForgotten: (listener) => {
      listeners.push(listener);
    },
  };
}
