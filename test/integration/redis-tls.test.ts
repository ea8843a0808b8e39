import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@cxg/local-processes';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRedisCache } from '../../src/cache/redis-cache.ts';
import type { SharedCache } from '../../src/cache/shared-cache.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { TlsFiles } from '../../src/tls/secure-contexts.ts';
import { startRedisServer } from '../../tools/support/redis-server.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/certificates.ts';

const server = await startRedisServer();
const admin = server && new Redis(server.url);
const folder = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-redis-tls-'));
const tlsPort = await findFreePort();

const inFolder = (name: string) => join(folder, name);
const ca = { setting: 'REDIS_CACERT', path: inFolder('ca.pem') };
const authority = await createCertificateAuthority('Redis CA');
const strangers = await createCertificateAuthority('Strangers');

/** True if the server was built with TLS. */
const speaksTls = await prepare();

async function prepare(): Promise<boolean> {
  if (!admin) return false;
  await writeFile(ca.path, authority.cert);
  await writeFile(inFolder('other-ca.pem'), strangers.cert);
  await issue('server', authority, ['localhost']);
  await issue('client', authority);
  await issue('stranger', strangers);
  const settings = {
    'tls-cert-file': inFolder('server.crt'),
    'tls-key-file': inFolder('server.key'),
    'tls-ca-cert-file': ca.path,
    'tls-auth-clients': 'no',
    'tls-port': String(tlsPort),
  };
  return admin.call('CONFIG', 'SET', ...Object.entries(settings).flat()).then(
    () => true,
    () => false,
  );
}

async function issue(name: string, by: CertificateAuthority, hosts: readonly string[] = []): Promise<void> {
  const { cert, key } = await by.issue({ commonName: name, hosts });
  await writeFile(inFolder(`${name}.crt`), cert);
  await writeFile(inFolder(`${name}.key`), key, { mode: 0o600 });
}

const identity = (name: string): TlsFiles => ({
  ca,
  cert: { setting: 'REDIS_CLIENT_CERT', path: inFolder(`${name}.crt`) },
  key: { setting: 'REDIS_CLIENT_KEY', path: inFolder(`${name}.key`) },
});

afterAll(async () => {
  admin?.disconnect();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!speaksTls)('a Redis that speaks TLS', () => {
  function open(tls: TlsFiles, url = `rediss://localhost:${tlsPort}`): { cache: SharedCache; log: string[] } {
    const log: string[] = [];
    const logger = createLogger({ level: 'warn', format: 'json' }, { write: (line) => void log.push(line) });
    const cache = createRedisCache({ url, tls }, 300, logger);
    onTestFinished(() => cache.close());
    return { cache, log };
  }

  const isHealthy = ({ cache }: { cache: SharedCache }) =>
    vi.waitFor(async () => expect(await cache.health()).toBe('healthy'), { timeout: 5_000 });

  it('is used with its own CA, for all that the cache does', async () => {
    const opened = open({ ca });
    await isHealthy(opened);
    await opened.cache.write('key', 'value', '');
    expect(await opened.cache.read('key')).toMatchObject({ value: 'value' });
  });

  it.each<[string, TlsFiles, string | undefined, RegExp]>([
    [
      'of another CA',
      { ca: { ...ca, path: inFolder('other-ca.pem') } },
      undefined,
      /isn't trusted .*REDIS_CACERT has to name/,
    ],
    ['of a CA that Node.js doesn’t trust', {}, undefined, /isn't trusted .*REDIS_CACERT has to name/],
    [
      'for another host',
      { ca },
      `rediss://127.0.0.1:${tlsPort}`,
      /certificate of Redis at 127\.0\.0\.1 is for another host/,
    ],
    [
      'whose CA’s file is missing',
      { ca: { ...ca, path: '/nowhere.pem' } },
      undefined,
      /REDIS_CACERT \/nowhere\.pem can't be read: ENOENT/,
    ],
  ])('is not used with a certificate %s, and the log says why', async (_what, tls, url, reason) => {
    const { cache, log } = open(tls, url);
    await vi.waitFor(() => expect(cache.fault()).toBe('tls_failed'), { timeout: 5_000 });
    expect(log.join('')).toMatch(reason);
    expect(log).toHaveLength(1);
  });

  it.each<[string, TlsFiles, string | undefined, RegExp]>([
    ['a port with TLS', {}, `redis://localhost:${tlsPort}`, /REDIS_URL must begin with rediss:/],
    ['a port without', { ca }, server?.url.replace('redis:', 'rediss:'), /REDIS_URL must begin with redis:/],
  ])('is asked at %s in the other way, and the log gives the hint', async (_what, tls, url, hint) => {
    const { cache, log } = open(tls, url);
    await vi.waitFor(() => expect(cache.fault()).toBe('unreachable'), { timeout: 5_000 });
    expect(log.join('')).toMatch(hint);
  });

  it('wants a client certificate, if it is configured so', async () => {
    await admin?.config('SET', 'tls-auth-clients', 'yes');
    await isHealthy(open(identity('client')));
    for (const tls of [{ ca }, identity('stranger')]) {
      const { cache, log } = open(tls);
      await vi.waitFor(() => expect(cache.fault()).toBe('tls_failed'), { timeout: 5_000 });
      expect(log.join('')).toMatch(
        /doesn't accept the client certificate .*REDIS_CLIENT_CERT and REDIS_CLIENT_KEY/,
      );
    }
    await admin?.config('SET', 'tls-auth-clients', 'no');
  });

  it('is found again by who has the new CA, without a restart', async () => {
    const opened = open({ ca: { ...ca, path: inFolder('renewed.pem') } });
    await vi.waitFor(() => expect(opened.cache.fault()).toBe('tls_failed'), { timeout: 5_000 });
    await writeFile(inFolder('renewed.pem'), authority.cert);
    await isHealthy(opened);
  });
});
