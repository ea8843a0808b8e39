import { setMaxListeners } from 'node:events';
import { setImmediate as nextRound } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { createAppWithoutDatabases } from '../support/app-without-databases.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { metricsToken, readMetrics } from '../support/metrics.ts';
import { lockUser } from '../support/row-locks.ts';

describe('a flood of requests', () => {
  /** More than may wait before it is known how many are served in a second. */
  const floodSize = 2_300;
  let app: App;
  beforeAll(() => {
    ({ app } = createAppWithoutDatabases({ METRICS_TOKEN: metricsToken, REQUEST_WAIT_LIMIT_MS: '1000' }));
  });
  afterAll(() => app.close());

  const ask = (address: string) =>
    app.fetch(new Request('http://api.test/graphql?query={__typename}'), address);

  it('is refused early and in part, and nobody else’s request is', async () => {
    const flood = Array.from({ length: floodSize }, () => ask('192.0.2.1'));
    const others = await Promise.all(Array.from({ length: 5 }, (_, index) => ask(`198.51.100.${index}`)));
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const answers = await Promise.all(flood);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(200);
    expect(refused.length).toBeLessThan(floodSize);
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refused[0]?.json()).toMatchObject({
      errors: [{ extensions: { code: 'TENANT_BUSY', retryable: true } }],
    });
    const metrics = await readMetrics(app);
    expect(metrics).toContain(`request_turns_refused_total ${refused.length}\n`);
    expect(metrics).toMatch(/^request_turns\{state="waiting"\} 0$/m);
    expect(metrics).toMatch(/^request_turns_loop_delay_seconds [\d.e-]+$/m);
  });
});

describe('clients that have gone while they waited', () => {
  it.each(['directly', 'ordinarily'])('are not served, and no failure, %s', async (way) => {
    const { app, log } = createAppWithoutDatabases({ METRICS_TOKEN: metricsToken });
    const body = '{"query":"{ __typename }"}';
    const headers = { host: 'api.test', 'content-type': 'application/json' };
    const head = { method: 'POST', url: '/graphql', headers };
    const gone = new AbortController();
    setMaxListeners(0, gone.signal);
    const ask = () =>
      way === 'directly'
        ? app.direct.answer(head, Buffer.from(body), '192.0.2.1', gone.signal)
        : app.fetch(
            new Request('http://api.test/graphql', { method: 'POST', headers, body, signal: gone.signal }),
            '192.0.2.1',
          );
    const asked = Array.from({ length: 200 }, ask);
    // Until they wait.
    for (let turn = 0; turn < 5; turn++) await nextRound();
    gone.abort();
    await Promise.all(asked);
    expect(await readMetrics(app)).toMatch(/^request_turns\{state="waiting"\} 0$/m);
    expect(log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect(log.filter((line) => line.includes('did not wait')).length).toBeGreaterThan(100);
    await app.close();
  });
});

describe('a tenant whose database hangs', () => {
  let fleet: TestFleet;
  let sick: TestTenant;
  beforeAll(async () => {
    fleet = await createTestFleet();
    sick = await fleet.provision('sick01');
    await fleet.provision('well01');
  });
  afterAll(() => fleet.close());

  it('does not take the places of the others, who are served meanwhile', async () => {
    const [token, wellToken] = await Promise.all(
      ['sick01', 'well01'].map(async (tenantKey) => (await fleet.signIn(tenantKey)).accessToken),
    );
    const { id } = await sick.db.user.findFirstOrThrow({ select: { id: true } });
    const row = await lockUser(sick, id);
    let answered = 0;
    const hanging = Array.from({ length: 40 }, async () => {
      await fleet.graphql(
        'mutation ($id: ID!) { updateUser(userId: $id, input: { position: "Waits" }) { id } }',
        { token, variables: { id } },
      );
      answered++;
    });
    // One waits for the row, and the next for its turn.
    await row.waiters(2);
    const { data } = await fleet.graphql('{ me { username } }', { token: wellToken });
    expect(data).toEqual({ me: { username: 'admin' } });
    expect(answered).toBe(0);
    await row.release();
    await Promise.all(hanging);
  });
});
