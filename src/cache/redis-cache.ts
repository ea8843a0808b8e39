import { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import type { SharedCache } from './shared-cache.ts';

/** A request waits no longer than this for Redis, and then does without. */
const commandTimeoutMilliseconds = 500;

/** A revision outlives every loader that may still hold it. */
const revisionSeconds = 86_400;

const channel = 'cxg:invalidated';
const valueKey = (key: string) => `cxg:value:${key}`;
const revisionKey = (key: string) => `cxg:revision:${key}`;

/** Compares and stores in one step; between a GET and a SET an invalidation could slip in. */
const writeScript = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
end`;

/** A shared cache on Redis, whose values live for `ttlSeconds`. It reconnects by itself for as long as it is open. */
export function createRedisCache(url: string, ttlSeconds: number, logger: Logger): SharedCache {
  const commands = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMilliseconds,
    connectTimeout: 3_000,
  });
  const subscriber = new Redis(url, { connectTimeout: 3_000, maxRetriesPerRequest: null });
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
  commands.on('error', failed).on('ready', recovered);
  // What was published while the subscriber was away is gone, so every key is in doubt once it is back.
  subscriber.on('error', failed).on('ready', () => {
    subscriber.subscribe(channel).then(() => tell(null), failed);
  });
  subscriber.on('message', (_channel, key) => tell(key));

  return {
    async read(key) {
      try {
        const [value = null, revision = null] = await commands.mget(valueKey(key), revisionKey(key));
        return { value, revision: revision ?? '' };
      } catch (error) {
        failed(error);
        return { value: null, revision: '' };
      }
    },
    async write(key, value, revision) {
      await commands
        .eval(writeScript, 2, valueKey(key), revisionKey(key), value, revision, ttlSeconds)
        .catch(failed);
    },
    async invalidate(key) {
      tell(key);
      await commands
        .multi()
        .del(valueKey(key))
        .incr(revisionKey(key))
        .expire(revisionKey(key), revisionSeconds)
        .publish(channel, key)
        .exec()
        .catch(failed);
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
      closing = true;
      commands.disconnect();
      subscriber.disconnect();
    },
  };
}
