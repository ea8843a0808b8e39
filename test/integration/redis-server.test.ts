import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { startRedisServer } from '../../tools/support/redis-server.ts';
import { describeWithRedis } from '../support/redis.ts';

const redisServer = new URL('../../tools/support/redis-server.ts', import.meta.url).href;

// Redis may be a container or a given server, with no redis-server on this machine.
const ownServer = await startRedisServer();
await ownServer?.stop();

describe.skipIf(ownServer === null)('startRedisServer', () => {
  test('answers until stopped, and no longer', async () => {
    const server = await startRedisServer();
    const url = server?.url ?? '';
    expect(await ping(url)).toBe('PONG');

    await server?.stop();

    await expect(ping(url)).rejects.toThrow();
  });

  test('ends with a parent that is killed', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        `import { startRedisServer } from ${JSON.stringify(redisServer)};
         console.log((await startRedisServer()).url);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => {
      parent.kill('SIGKILL');
    });
    const [url] = await once(createInterface({ input: parent.stdout }), 'line');
    expect(await ping(url)).toBe('PONG');

    parent.kill('SIGKILL');

    await vi.waitFor(() => expect(ping(url)).rejects.toThrow(), { timeout: 5_000 });
  });
});

describeWithRedis('describeWithRedis', (redis) => {
  test("gives a database other than the server's first", () => {
    expect(redis.url).toMatch(/\/[1-9]\d*$/);
    expect(redis.url.startsWith(inject('redisUrl') ?? '')).toBe(true);
  });
});

async function ping(url: string): Promise<string> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.ping();
  } finally {
    client.disconnect();
  }
}
