import type { Logger } from '../logging/logger.ts';
import type { TlsFiles } from '../tls/secure-contexts.ts';
import { createRedisCache } from './redis-cache.ts';
import { createLocalCache, type SharedCache } from './shared-cache.ts';

export type { CacheFault } from './cache-fault.ts';
export type { SharedCache };

/** Opens the shared cache: on Redis when `redisUrl` is given, otherwise its in-process stand-in. */
export function createSharedCache(
  options: {
    readonly redisUrl: string | undefined;
    /** For a `rediss:` URL. */
    readonly redisTls?: TlsFiles;
    readonly redisCacheSeconds: number;
  },
  logger: Logger,
): SharedCache {
  return options.redisUrl === undefined
    ? createLocalCache()
    : createRedisCache(
        { url: options.redisUrl, tls: options.redisTls ?? {} },
        options.redisCacheSeconds,
        logger,
      );
}
