import { listProcesses } from '@cxg/local-processes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { runScript, startPackageScript, startScript } from '../support/run-script.ts';

let fleet: TestFleet;
let empty: TestDatabase;

beforeAll(async () => {
  [fleet, empty] = await Promise.all([createTestFleet(), createEmptyDatabase()]);
});
afterAll(async () => {
  await Promise.all([fleet.close(), empty.drop()]);
});

const start = (environment: Record<string, string>) =>
  runScript('src/main.ts', [], { ...fleet.environment, ...environment });

describe('the server process', { timeout: 40_000 }, () => {
  it.each([
    ['a missing secret key', { ENVIRONMENT: 'production', SECRET_KEY: '' }, /SECRET_KEY is missing/],
    ['a short secret key', { ENVIRONMENT: 'production', SECRET_KEY: 'short' }, /SECRET_KEY is too short/],
    [
      'a central database out of reach',
      { CENTRAL_ADMIN_DATABASE_URL: 'postgresql://who:hunter2@127.0.0.1:1/central' },
      /CENTRAL_ADMIN_DATABASE_URL can't be used: Can't reach database server at 127\.0\.0\.1:1/,
    ],
  ])('refuses to start with %s, and says why', async (_what, environment, reason) => {
    const { exitCode, stderr, stdout } = await start(environment);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stdout + stderr).not.toMatch(/hunter2|at .*node_modules/);
  });

  it('refuses to start on a central database that was not migrated, and says what to do', async () => {
    const { exitCode, stderr } = await start({ CENTRAL_ADMIN_DATABASE_URL: empty.url });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('npm run migrate:central');
  });

  const serving = {
    LOG_LEVEL: 'info',
    API_PORT: '0',
    API_HOST: '127.0.0.1',
  };

  it.each(['SIGTERM', 'SIGHUP'] as const)(
    'serves until it is told to stop by %s, and ends cleanly',
    async (signal) => {
      const server = startScript('src/main.ts', { ...fleet.environment, ...serving });
      const [, port] = await server.waitFor(/"port":(\d+)/);
      const response = await fetch(`http://127.0.0.1:${port}/health`);
      expect(response.status).toBe(200);
      expect(await server.stop(signal)).toBe(0);
      expect(server.output()).toContain('"msg":"Stopped"');
    },
  );

  it.each([
    ['npm alone, from a supervisor', 'SIGTERM', 'stop'],
    ['npm alone, which is killed and can tell nobody', 'SIGKILL', 'stop'],
    ['npm and the server, from a terminal', 'SIGINT', 'stopGroup'],
  ] as const)('ends in order under "npm start" when a signal reaches %s', async (_whom, signal, send) => {
    const npm = startPackageScript('start', { ...fleet.environment, ...serving });
    const [, port] = await npm.waitFor(/"port":(\d+)/);
    // The server must be npm's own child, not a shell's: npm waits for its child's end before its own.
    const children = (await listProcesses()).filter(({ parentId }) => parentId === npm.processId);
    expect(children.map(({ arguments: command }) => command.trim())).toEqual(['node scripts/start.mjs']);
    await npm[send](signal);
    expect(npm.output().match(/"msg":"Stopped"/g)).toHaveLength(1);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });
});
