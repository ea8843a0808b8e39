import { z } from 'zod';
import { section, variable } from './section.ts';

/** Whom the process serves: a developer, the tests, or real people. */
export const deployment = section(
  z.object({
    environment: variable(
      'ENVIRONMENT',
      z.enum(['development', 'test', 'production']).prefault('development'),
    ),
  }),
  (read) => read,
);
