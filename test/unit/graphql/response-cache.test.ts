import { randomBytes, randomUUID } from 'node:crypto';
import { type ExecutionResult, GraphQLError, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { noReach } from '../../../src/auth/viewer.ts';
import type { SharedCache } from '../../../src/cache/index.ts';
import { createLocalCache } from '../../../src/cache/shared-cache.ts';
import { createAnswerSeal } from '../../../src/graphql/response-cache/answer-seal.ts';
import { createCachedAnswers } from '../../../src/graphql/response-cache/cached-answers.ts';
import {
  type Answer,
  createResponseCache,
  type ResponseCache,
  type ResponseCacheOptions,
} from '../../../src/graphql/response-cache/response-cache.ts';
import { schema } from '../../../src/schema.ts';

const question = { document: parse('{ me { id } }'), operationName: null, variables: {} };

/** A tenant of which somebody asks, and whose version anybody may change. */
class AskedTenant {
  version: string = randomUUID();

  ask(cache: ResponseCache, execute = () => this.#execute()): Promise<Answer> {
    const requester = {
      tenant: { id: 1, tenantKey: 'acme01', publicSettings: [] },
      viewer: {
        userId: 'user',
        role: 'tenant_user' as const,
        permissions: new Set<string>(),
        reach: noReach,
      },
      language: 'en' as const,
      version: this.version,
    };
    return cache.answer(
      requester,
      question,
      () => false,
      async () => execute(),
    );
  }

  #execute(): ExecutionResult {
    return { data: { me: { id: this.version } } };
  }
}

const encryptionKey = randomBytes(32);
let forgeries = 0;

function cacheOf(options: Partial<ResponseCacheOptions> = {}): ResponseCache {
  return createResponseCache({
    schema,
    build: () => 'this build',
    ttlSeconds: 60,
    shared: null,
    encryptionKey,
    onForgery: () => forgeries++,
    ...options,
  });
}

/** A stand-in for Redis. */
function sharedCacheOf(more: Partial<SharedCache> = {}) {
  const entries = new Map<string, string>();
  const cache: SharedCache = {
    ...createLocalCache(),
    read: async (key) => ({ value: entries.get(key) ?? null, revision: '', ageSeconds: 0 }),
    write: async (key, value) => void entries.set(key, value),
    ...more,
  };
  return { cache, entries };
}

describe('an answer', () => {
  it('is kept for the version that it was made from, and no other', async () => {
    const cache = cacheOf();
    const tenant = new AskedTenant();
    const first = tenant.version;
    await tenant.ask(cache);
    expect(await tenant.ask(cache)).toMatchObject({ kind: 'cached', result: null });
    tenant.version = randomUUID();
    expect(await tenant.ask(cache)).toMatchObject({ result: { data: { me: { id: tenant.version } } } });
    tenant.version = first;
    expect(await tenant.ask(cache)).toMatchObject({ kind: 'cached', result: { data: {} } });
  });

  it('is not kept with an error in it', async () => {
    const cache = cacheOf();
    const tenant = new AskedTenant();
    const failing = () => ({ data: { me: null }, errors: [new GraphQLError('No.')] });
    expect((await tenant.ask(cache, failing)).kind).toBe('executed');
    expect(await tenant.ask(cache)).toMatchObject({ kind: 'cached', result: { data: {} } });
  });
});

describe('answers in Redis', () => {
  it('serve other processes of the same program, but none of another', async () => {
    const { cache: shared } = sharedCacheOf();
    const tenant = new AskedTenant();
    await tenant.ask(cacheOf({ shared }));
    expect(await tenant.ask(cacheOf({ shared }))).toMatchObject({ kind: 'cached', result: null });
    expect(await tenant.ask(cacheOf({ shared, build: () => 'another' }))).toMatchObject({ result: {} });
  });

  it('can neither be read nor recognised nor moved', async () => {
    const { cache: shared, entries } = sharedCacheOf();
    const tenant = new AskedTenant();
    await tenant.ask(cacheOf({ shared }), () => ({ data: { me: { id: 'a secret' } } }));
    const [[name, value] = ['', '']] = entries;
    for (const text of [name, value, Buffer.from(value, 'base64').toString('latin1')]) {
      expect(text).not.toMatch(/secret|acme01|user|me \{/);
    }
    const seal = createAnswerSeal(encryptionKey);
    const sealed = seal.seal('one key', 'text');
    expect(seal.open('one key', sealed)).toBe('text');
    expect(seal.open('another key', sealed)).toBeNull();
    expect(createAnswerSeal(randomBytes(32)).open('one key', sealed)).toBeNull();
    expect(seal.seal('one key', 'text')).not.toBe(sealed);
  });

  it('are not believed when somebody else has written them', async () => {
    const { cache: shared, entries } = sharedCacheOf();
    const tenant = new AskedTenant();
    await tenant.ask(cacheOf({ shared }));
    const [[name, value] = ['', '']] = entries;
    const bytes = Buffer.from(value, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    forgeries = 0;
    for (const forged of ['', '{}', JSON.stringify([tenant.version, '{}']), bytes.toString('base64')]) {
      entries.set(name, forged);
      expect(await tenant.ask(cacheOf({ shared }))).toMatchObject({ result: { data: {} } });
    }
    expect(forgeries).toBe(4);
  });

  it('are done without while Redis is slow, away or too full', async () => {
    let reads = 0;
    const never = new Promise<never>(() => {});
    const read = () => {
      reads++;
      return never;
    };
    const slow = sharedCacheOf({ read, write: () => never });
    const cache = cacheOf({ shared: slow.cache });
    const tenant = new AskedTenant();
    for (let times = 0; times < 3; times++) {
      tenant.version = randomUUID();
      expect(await tenant.ask(cache)).toMatchObject({ result: { data: {} } });
    }
    expect(reads).toBe(1);
    const away = sharedCacheOf({ read: () => never, fault: () => 'unreachable' });
    expect(await tenant.ask(cacheOf({ shared: away.cache }))).toMatchObject({ kind: 'cached' });
    expect(away.entries.size).toBe(0);
  });
});

describe('the memory of answers', () => {
  it('is bounded in bytes, and no answer takes much of it', () => {
    const answers = createCachedAnswers(60);
    const json = 'x'.repeat(200_000);
    for (let count = 0; count < 200; count++) answers.store(String(count), { version: 'one', json });
    expect(answers.bytes()).toBeGreaterThan(30 * 1_024 * 1_024);
    expect(answers.bytes()).toBeLessThanOrEqual(32 * 1_024 * 1_024);
    expect(answers.find('0')).toBeUndefined();
    answers.store('long', { version: 'one', json: 'x'.repeat(600_000) });
    expect(answers.find('long')).toBeUndefined();
    expect(answers.find('199')).toEqual({ version: 'one', json });
  });
});
