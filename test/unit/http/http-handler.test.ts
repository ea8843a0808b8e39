import { describe, expect, it } from 'vitest';
import { createHttpHandler } from '../../../src/http/http-handler.ts';
import { createMetrics } from '../../../src/http/metrics.ts';
import { createLogger } from '../../../src/logging/logger.ts';

const nobodyAsks = () => {
  throw new Error('Nobody asks for it.');
};

describe('an answer of the GraphQL library', () => {
  it('says nothing of the connection, nor of being kept', async () => {
    const headers = {
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'keep-alive': 'timeout=99',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
    };
    const handle = createHttpHandler({
      name: 'api',
      version: '1',
      imports: { fetch: () => null },
      graphql: { fetch: async () => new Response('{}', { headers: { ...headers, 'x-other': 'kept' } }) },
      graphiql: null,
      metrics: createMetrics(nobodyAsks, nobodyAsks, nobodyAsks, nobodyAsks),
      metricsToken: undefined,
      publicKeys: { keys: [] },
      checkHealth: nobodyAsks,
      logger: createLogger({ level: 'silent', format: 'json' }),
    });
    const answer = await handle(new Request('http://api.test/graphql'));
    expect(answer.headers.get('x-other')).toBe('kept');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
      expect(answer.headers.get(name)).toBeNull();
    }
  });
});
