import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { Logger } from '../logging/logger.ts';
import { type CacheFault, faultOf, NotHeardError, saysNoMoreThanUnsent } from './cache-fault.ts';
import { type RedisAddress, redisTls } from './redis-address.ts';
import type { CachedValue, SharedCache } from './shared-cache.ts';
import { createUnsentKeys } from './unsent-keys.ts';

/** A request waits no longer than this for Redis, and then continues without it. */
const commandTimeoutMilliseconds = 500;

/** The life of a revision, longer than that of any loader that may still hold it. */
const revisionSeconds = 86_400;

/**
 * A connection can be dead without either end noticing (a pulled cable, a firewall that dropped its state), and
 * messages are then silently lost. So the subscriber sends a ping this often, and a connection whose answer is overdue
 * is closed.
 */
const heartbeatMilliseconds = 500;
const silenceMilliseconds = 1_500;

/** The interval of probes, because a server doesn't report that it has become read-only or has revoked a right. */
const probeMilliseconds = 5_000;

/** The minimum time between two reconnections from a server that stays read-only. */
const reconnectMilliseconds = 1_000;

/** The time for which closing waits to deliver pending invalidations to Redis. */
const lastTryMilliseconds = 1_000;

const channel = 'cxg:invalidated';
const entryKey = (key: string) => `cxg:entry:${key}`;
const revisionKey = (key: string) => `cxg:revision:${key}`;

/**
 * The prefix of the keys with which a process probes whether it receives what it publishes. Other processes ignore
 * them.
 */
const probePrefix = ':probe:';

/** The age is measured by Redis's clock, which writers and readers share. */
const readScript = `
local entry = redis.call('HMGET', KEYS[1], 'value', 'at')
local now = redis.call('TIME')
local age = 0
if entry[2] then age = now[1] + now[2] / 1000000 - entry[2] end
return {entry[1], redis.call('GET', KEYS[2]) or '', tostring(age)}`;

/** Compares and stores atomically; between a GET and a SET, an invalidation could come in between. */
const writeScript = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[2] then
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'value', ARGV[1], 'at', string.format('%.6f', now[1] + now[2] / 1000000))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end`;

/** The errors of `INCR` for a value that is not a count below 2^63. */
const notANumber = /WRONGTYPE|not an integer|overflow/;

const readAnswerSchema = z.tuple([z.string().nullable(), z.string(), z.coerce.number()]);

/** A shared cache on Redis, whose values live for `ttlSeconds`. It reconnects by itself for as long as it is open. */
export function createRedisCache(address: RedisAddress, ttlSeconds: number, logger: Logger): SharedCache {
  const { url } = address;
  const tls = redisTls(address);
  const commands = new Redis(url, {
    ...tls.options,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMilliseconds,
    connectTimeout: 3_000,
    socketTimeout: silenceMilliseconds,
  });
  const subscriber = new Redis(url, {
    ...tls.options,
    connectTimeout: 3_000,
    maxRetriesPerRequest: null,
    socketTimeout: silenceMilliseconds,
    // Connects below, where failures are handled.
    autoResubscribe: false,
  });
  const listeners: ((key: string | null) => void)[] = [];
  const tell = (key: string | null) => {
    for (const listener of listeners) listener(key);
  };

  /** Null while everything works. */
  let fault: CacheFault | null = null;
  let closing = false;
  let wasReady = false;
  let reconnectedAt = Number.NEGATIVE_INFINITY;
  const failed = (error: unknown) => {
    if (closing) return;
    if (saysNoMoreThanUnsent(error) && fault !== null) return;
    // Connected but not ready: Redis is still loading its data.
    const isLoading = saysNoMoreThanUnsent(error) && commands.status === 'connect';
    const explained = tls.explain(error);
    const found = explained ? 'tls_failed' : isLoading ? 'loading' : faultOf(error);
    const err = explained ?? (wasReady ? null : tls.suspect(error)) ?? error;
    if (found !== fault) logger.warn({ err, fault: found }, 'Redis can’t be used; continuing without it');
    fault = found;
    if (found === 'read_only') reconnect();
  };
  const recovered = () => {
    if (fault !== null) logger.info('Redis can be used again');
    fault = null;
  };

  /**
   * Reconnects: a server demoted to a replica keeps its connections, but its name may now resolve to another server.
   */
  function reconnect(): void {
    if (performance.now() - reconnectedAt < reconnectMilliseconds) return;
    reconnectedAt = performance.now();
    for (const connection of [commands, subscriber]) connection.disconnect(true);
  }

  async function write(key: string, value: string, revision: string): Promise<void> {
    await commands.eval(writeScript, 2, entryKey(key), revisionKey(key), value, revision, ttlSeconds);
  }

  async function read(key: string): Promise<CachedValue> {
    const answer = await commands.eval(readScript, 2, entryKey(key), revisionKey(key));
    const [value, revision, ageSeconds] = readAnswerSchema.parse(answer);
    return { value, revision, ageSeconds };
  }

  /**
   * In this order, because the first command invalidates values that are being loaded. Not in one transaction, so that
   * the other commands still announce the change if one of them is refused.
   */
  async function invalidate(key: string): Promise<void> {
    const results = await commands
      .pipeline()
      .incr(revisionKey(key))
      .expire(revisionKey(key), revisionSeconds)
      .del(entryKey(key))
      .publish(channel, key)
      .exec();
    const [problem] = results?.[0] ?? [];
    // Somebody has stored something else there. A timestamp never equals an earlier count.
    if (problem && notANumber.test(problem.message)) {
      await commands.set(revisionKey(key), String(Date.now()), 'EX', revisionSeconds);
    } else if (problem) throw problem;
    const error = results?.slice(1).find(([later]) => later !== null)?.[0];
    if (error) throw error;
  }

  const unsent = createUnsentKeys(async (key) => {
    try {
      await invalidate(key);
    } catch (error) {
      failed(error);
      return false;
    }
    // Since the first attempt, this process may have read the old value from Redis again.
    tell(key);
    return true;
  });

  let subscribed = false;
  async function subscribe(): Promise<void> {
    await subscriber.subscribe(channel);
    if (subscribed) return;
    subscribed = true;
    // Messages published in the meantime are lost, so every key may be outdated.
    tell(null);
  }

  const probeKey = `${probePrefix}${randomUUID()}`;
  const heardProbes = new Set<AbortController>();

  /** Tries every function of the cache once. @throws the failure. */
  async function tryAll(): Promise<void> {
    if (!subscribed && subscriber.status === 'ready') await subscribe();
    const { revision } = await read(probeKey);
    await write(probeKey, '', revision);
    const heard = new AbortController();
    heardProbes.add(heard);
    try {
      await invalidate(probeKey);
      await assertHeard(heard.signal);
    } finally {
      heardProbes.delete(heard);
    }
  }

  async function probe(): Promise<void> {
    await tryAll().then(recovered, failed);
  }

  commands.on('error', failed).on('ready', () => {
    wasReady = true;
    void unsent.flush().then(probe);
  });
  subscriber
    .on('error', failed)
    .on('close', () => {
      subscribed = false;
    })
    .on('ready', () => {
      subscribe().catch(failed);
    })
    .on('message', (_channel, key) => {
      if (!key.startsWith(probePrefix)) tell(key);
      if (key !== probeKey) return;
      for (const heard of heardProbes) heard.abort();
    });
  const heartbeat = setInterval(() => {
    if (subscriber.status === 'ready') subscriber.ping().catch(failed);
  }, heartbeatMilliseconds);
  const probing = setInterval(() => {
    if (commands.status === 'ready') void probe();
  }, probeMilliseconds);
  heartbeat.unref();
  probing.unref();

  return {
    async read(key) {
      // Redis holds an outdated value until the invalidation is delivered.
      if (unsent.has(key)) return nothing;
      try {
        return await read(key);
      } catch (error) {
        failed(error);
        return nothing;
      }
    },
    async write(key, value, revision) {
      if (unsent.has(key)) return;
      await write(key, value, revision).catch(failed);
    },
    async invalidate(key) {
      tell(key);
      await unsent.send(key);
    },
    onInvalidated: (listener) => {
      listeners.push(listener);
    },
    async health() {
      await probe();
      return fault === null ? 'healthy' : 'unhealthy';
    },
    fault: () => fault,
    async close() {
      clearInterval(heartbeat);
      clearInterval(probing);
      if (unsent.size() > 0) await Promise.race([unsent.flush(), delay(lastTryMilliseconds)]);
      if (unsent.size() > 0) {
        logger.warn(
          { changes: unsent.size() },
          'Redis did not receive invalidations: other processes use outdated values until their caches expire',
        );
      }
      closing = true;
      unsent.close();
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

/** @throws {NotHeardError} when a message that this process published doesn't come back to it. */
async function assertHeard(signal: AbortSignal): Promise<void> {
  await delay(commandTimeoutMilliseconds, undefined, { signal }).catch(() => undefined);
  if (!signal.aborted) throw new NotHeardError('Messages published by this process do not arrive.');
}

const nothing = { value: null, revision: '', ageSeconds: 0 } as const;
