import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would load graphql's ES modules, and Node.js its CommonJS ones for our dependencies: two copies, which
  // refuse each other's objects.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['{test,packages/*/test}/**/*.test.ts'],
    // Minutes of load and outages: `npm run test:faults`.
    exclude: ['test/faults/**', 'node_modules/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // Nor is the tests' own zone UTC, nor the server's: five hours and three quarters.
    env: { TZ: 'Asia/Kathmandu' },
    pool: 'forks',
    // Loading the application anew for each file would take a fifth of the whole run. No module of it keeps
    // anything that one file could leave to the next.
    isolate: false,
    // One more than there are processors: tests often wait, for a lock, a clock or another process. Each file opens
    // pools of its own on the one PostgreSQL server, and a Redis has 16 databases by default.
    maxWorkers: Math.min(availableParallelism() + 1, 8),
    testTimeout: 20_000,
    // A second, its default, is little on a busy machine.
    expect: { poll: { timeout: 10_000, interval: 10 } },
    hookTimeout: 60_000,
  },
});
