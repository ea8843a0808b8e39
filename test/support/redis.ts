import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { beforeAll, describe, inject } from 'vitest';

/** A Redis database that no other file's tests use at the same time. */
export interface TestRedis {
  readonly url: string;
  /** For what Redis shares between its databases, such as the channels of publish and subscribe. */
  readonly keyPrefix: string;
}

/**
 * As `describe`, with a Redis database emptied before its first test. Skipped if the run has no Redis, which
 * in CI the run itself refuses.
 */
export function describeWithRedis(title: string, body: (redis: TestRedis) => void): void {
  const redisUrl = inject('redisUrl');
  describe.skipIf(redisUrl === null)(title, () => {
    const url = new URL(redisUrl ?? 'redis://127.0.0.1');
    // Vitest numbers its workers from 1, and each runs one file at a time. Database 0 stays untouched.
    url.pathname = `/${process.env.VITEST_POOL_ID ?? '1'}`;
    beforeAll(() => emptyDatabase(url.href));
    body({ url: url.href, keyPrefix: `test:${randomUUID()}:` });
  });
}

async function emptyDatabase(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  try {
    await client.connect();
    await client.flushdb();
  } finally {
    client.disconnect();
  }
}
