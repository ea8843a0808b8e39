import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpHandler } from '../../src/http/http-handler.ts';
import { type ListeningServer, listen } from '../../src/http/listen.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;
/** The handler at the server's address; the application unless a test replaces it. */
let answer: HttpHandler;
let server: ListeningServer;

beforeAll(async () => {
  fleet = await createTestFleet();
  await Promise.all([fleet.provision('stress1'), fleet.provision('stress2')]);
  answer = fleet.app.fetch;
  server = await listen({ fetch: (request, address) => answer(request, address) }, '127.0.0.1', 0);
});
afterAll(async () => {
  await server.close();
  await fleet.close();
});

async function stress(...args: string[]) {
  const outcome = await runScript(
    'tools/stress.ts',
    ['--url', `http://127.0.0.1:${server.port}/graphql`, '--json', '--password-stdin', ...args],
    {},
    testPassword,
  );
  return { exitCode: outcome.exitCode, report: JSON.parse(outcome.stdout) };
}

const both = ['--tenant', 'stress1', '--tenant', 'stress2:admin', '--rate', '20', '--seconds', '1'];

describe('the stress command', { timeout: 60_000 }, () => {
  it('sends at the rate that it was told, and finds every answer in the right tenant', async () => {
    const { exitCode, report } = await stress(...both);
    expect(report).toMatchObject({ sent: 20, skipped: 0, failed: 0, wrongTenant: 0 });
    expect(exitCode).toBe(0);
  });

  it('counts answers of another tenant, and fails', async () => {
    const { accessToken } = await fleet.signIn('stress2');
    answer = async (request, address) => {
      const headers = new Headers(request.headers);
      if (headers.has('authorization')) headers.set('authorization', `Bearer ${accessToken}`);
      const body = await request.text();
      return fleet.app.fetch(new Request(request.url, { method: 'POST', headers, body }), address);
    };
    const { exitCode, report } = await stress(...both);
    expect(report).toMatchObject({ sent: 20, failed: 0, wrongTenant: 10 });
    expect(exitCode).toBe(1);
  });

  it('counts failures by their code, and fails', async () => {
    answer = (request, address) =>
      request.headers.has('authorization')
        ? Promise.resolve(new Response('gone', { status: 502 }))
        : fleet.app.fetch(request, address);
    const { exitCode, report } = await stress(...both);
    expect(report).toMatchObject({ failed: 20, failures: { 'HTTP 502': 20 }, wrongTenant: 0 });
    expect(exitCode).toBe(1);
  });

  it('says who can’t sign in, and sends nothing', async () => {
    answer = fleet.app.fetch;
    const { exitCode, report } = await stress('--tenant', 'nobody9');
    expect(report).toEqual({
      error: `admin can't sign in to tenant nobody9 at http://127.0.0.1:${server.port}/graphql: INVALID_CREDENTIALS.`,
    });
    expect(exitCode).toBe(1);
  });
});
