import { z } from 'zod';
import { section, variable } from './section.ts';
import { tlsFileFaults, tlsFiles } from './tls-files.ts';
import { optional, urlOf, wholeNumber } from './types.ts';

const redisUrl = urlOf('redis:', 'rediss:').refine(
  // The library takes any other for an option of its own: ?tls= turns TLS off.
  (value) => !/\?(?!(?:family|db)=\d+(?:&(?:family|db)=\d+)*$)/.test(value),
  'must have no parameters but family and db',
);

/** Redis, which processes share; without it, each has a cache of its own. */
export const redis = section(
  z
    .object({
      redisUrl: variable('REDIS_URL', optional(redisUrl)),
      redisTls: tlsFiles('REDIS'),
      redisCacheSeconds: variable('REDIS_CACHE_TTL', wholeNumber(1, 86_400).prefault(300)),
    })
    .superRefine((read, issues) => {
      for (const { file, message } of tlsFileFaults('REDIS', 'rediss', read.redisUrl, read.redisTls)) {
        issues.addIssue({ code: 'custom', path: ['redisTls', file], message });
      }
    }),
  (read) => read,
);
