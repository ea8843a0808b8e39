import { z } from 'zod';
import { section, variable } from './section.ts';
import { wholeNumber } from './types.ts';

/** The limits of an operation, and the lifetime of cached answers. */
export const graphql = section(
  z.object({
    graphqlLimits: z.object({
      depth: variable('GRAPHQL_DEPTH_LIMIT', wholeNumber(1, 100).prefault(10)),
      complexity: variable('GRAPHQL_COMPLEXITY_LIMIT', wholeNumber(1, 1_000_000).prefault(1_000)),
      tokens: variable('GRAPHQL_TOKEN_LIMIT', wholeNumber(100, 100_000).prefault(2_000)),
    }),
    responseCacheSeconds: variable('RESPONSE_CACHE_TTL', wholeNumber(0, 86_400).prefault(300)),
  }),
  (read) => read,
);
