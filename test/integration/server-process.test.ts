import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../support/databases.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { runScript, startScript } from '../support/run-script.ts';

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
      /could not start: Can't reach database server at 127\.0\.0\.1:1/,
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

  it('serves until it is told to stop, and ends cleanly', async () => {
    const server = startScript('src/main.ts', {
      ...fleet.environment,
      LOG_LEVEL: 'info',
      API_PORT: '0',
      API_HOST: '127.0.0.1',
    });
    const [, port] = await server.waitFor(/"port":(\d+)/);
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    expect(response.status).toBe(200);
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(server.output()).toContain('"msg":"Stopped"');
  });
});
