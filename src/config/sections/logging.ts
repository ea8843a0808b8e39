import { z } from 'zod';
import { section, variable } from './section.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The level and the format of the log. */
export const logging = section(
  z.object({
    level: variable('LOG_LEVEL', z.string().toLowerCase().pipe(z.enum(levels)).prefault('info')),
    format: variable('LOG_FORMAT', z.enum(['json', 'text']).prefault('json')),
  }),
  (read) => ({ logging: read }),
);
