import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Databases that fail, and loads that last: each case prints a line of figures. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/faults/**/*.test.ts'],
    exclude: [],
    // One at a time: what one file measures, another one's load would spoil.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
