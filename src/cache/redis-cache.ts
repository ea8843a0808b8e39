import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { z } from 'zod';
import type { Logger } from '../logging/logger.ts';
import type { SharedCache } from './shared-cache.ts';
import { createUnsentKeys } from './unsent-keys.ts';

/** A request waits no longer than this for Redis, and then does without. */
const commandTimeoutMilliseconds = 500;

/** A revision outlives every loader that may still hold it. */
const revisionSeconds = 86_400;

/**
 * A connection can be dead without either end being told (a pulled cable, a firewall that forgot it), and then
 * messages are lost in silence. So the subscriber asks for an answer this often, and any connection that owes one for
 * longer is given up.
 */
const heartbeatMilliseconds = 500;
const silenceMilliseconds = 1_500;

/** How long closing waits for Redis to take what it has not been told yet. */
const lastTryMilliseconds = 1_000;

const channel = 'cxg:invalidated';
const entryKey = (key: string) => `cxg:entry:${key}`;
const revisionKey = (key: string) => `cxg:revision:${key}`;

/** The age is by Redis's own clock, the same for whoever wrote and whoever reads. */
const readScript = `
local entry = redis.call('HMGET', KEYS[1], 'value', 'at')
local now = redis.call('TIME')
local age = 0
if entry[2] then age = now[1] + now[2] / 1000000 - entry[2] end
return {entry[1], redis.call('GET', KEYS[2]) or '', tostring(age)}`;

/** Compares and stores in one step; between a GET and a SET an invalidation could slip in. */
const writeScript = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[2] then
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'value', ARGV[1], 'at', string.format('%.6f', now[1] + now[2] / 1000000))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end`;

const readAnswerSchema = z.tuple([z.string().nullable(), z.string(), z.coerce.number()]);

/** A shared cache on Redis, whose values live for `ttlSeconds`. It reconnects by itself for as long as it is open. */
export function createRedisCache(url: string, ttlSeconds: number, logger: Logger): SharedCache {
  const commands = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMilliseconds,
    connectTimeout: 3_000,
    socketTimeout: silenceMilliseconds,
  });
  const subscriber = new Redis(url, {
    connectTimeout: 3_000,
    maxRetriesPerRequest: null,
    socketTimeout: silenceMilliseconds,
  });
  const listeners: ((key: string | null) => void)[] = [];
  const tell = (key: string | null) => {
    for (const listener of listeners) listener(key);
  };

  let reachable = true;
  let closing = false;
  const failed = (error: unknown) => {
    if (reachable && !closing) logger.warn({ err: error }, 'Redis does not answer; going on without it');
    reachable = false;
  };
  const recovered = () => {
    if (!reachable) logger.info('Redis answers again');
    reachable = true;
  };

  const unsent = createUnsentKeys(async (key) => {
    try {
      const results = await commands
        .multi()
        .del(entryKey(key))
        .incr(revisionKey(key))
        .expire(revisionKey(key), revisionSeconds)
        .publish(channel, key)
        .exec();
      const error = results?.find(([problem]) => problem !== null)?.[0];
      if (error) throw error;
    } catch (error) {
      failed(error);
      return false;
    }
    // Since the first telling, this process may have read again what was still in Redis.
    tell(key);
    return true;
  });

  commands.on('error', failed).on('ready', () => {
    recovered();
    void unsent.flush();
  });
  // What was published while the subscriber was away is gone, so every key is in doubt once it is back.
  subscriber.on('error', failed).on('ready', () => {
    subscriber.subscribe(channel).then(() => tell(null), failed);
  });
  subscriber.on('message', (_channel, key) => tell(key));
  const heartbeat = setInterval(() => {
    if (subscriber.status === 'ready') subscriber.ping().catch(failed);
  }, heartbeatMilliseconds);
  heartbeat.unref();

  return {
    async read(key) {
      // What Redis holds is known to be outdated, until it has been told so.
      if (unsent.has(key)) return nothing;
      try {
        const answer = await commands.eval(readScript, 2, entryKey(key), revisionKey(key));
        const [value, revision, ageSeconds] = readAnswerSchema.parse(answer);
        return { value, revision, ageSeconds };
      } catch (error) {
        failed(error);
        return nothing;
      }
    },
    async write(key, value, revision) {
      if (unsent.has(key)) return;
      await commands
        .eval(writeScript, 2, entryKey(key), revisionKey(key), value, revision, ttlSeconds)
        .catch(failed);
    },
    async invalidate(key) {
      tell(key);
      await unsent.send(key);
    },
    onInvalidated: (listener) => {
      listeners.push(listener);
    },
    async health() {
      return commands.ping().then(
        () => 'healthy' as const,
        () => 'unhealthy' as const,
      );
    },
    async close() {
      clearInterval(heartbeat);
      if (unsent.size() > 0) await Promise.race([unsent.flush(), delay(lastTryMilliseconds)]);
      if (unsent.size() > 0) {
        logger.warn(
          { changes: unsent.size() },
          'Redis was not told of changes: other processes see them when their caches run out',
        );
      }
      closing = true;
      unsent.close();
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}

const nothing = { value: null, revision: '', ageSeconds: 0 } as const;
