import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import type { SecretProvider } from '../../src/tenancy/secrets/secret-provider.ts';
import { createVaultSecrets } from '../../src/tenancy/secrets/vault/vault-secrets.ts';
import type { TlsFiles } from '../../src/tls/secure-contexts.ts';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type Identity,
} from '../support/certificates.ts';
import { startVaultServer, type VaultServer } from '../support/vault-server.ts';

const name = { tenantKey: 'acme01', purpose: 'application' } as const;
const logger = createLogger({ level: 'silent', format: 'json' });

let folder: string;
let authority: CertificateAuthority;
let identity: Identity;
let vault: VaultServer;
let strict: VaultServer;
let ca: { setting: string; path: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cxg-graphql-api-vault-tls-'));
  authority = await createCertificateAuthority('Vault CA');
  identity = await authority.issue({ commonName: 'vault', hosts: ['localhost'] });
  vault = await startVaultServer('secret', identity);
  const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  strict = await startVaultServer('secret', { ...identity, ...asking });
  ca = { setting: 'VAULT_CACERT', path: join(folder, 'ca.pem') };
  await writeFile(ca.path, authority.cert);
});
afterAll(async () => {
  await Promise.all([vault.close(), strict.close()]);
  await rm(folder, { recursive: true });
});

function open(server: VaultServer, tls: TlsFiles, url = server.url): SecretProvider {
  const secrets = createVaultSecrets(
    {
      url,
      tls,
      namespace: undefined,
      mount: 'secret',
      timeoutSeconds: 1,
      cacheSeconds: 60,
      login: { method: 'token', token: server.makeToken() },
    },
    logger,
  );
  onTestFinished(() => secrets.close());
  return secrets;
}

async function issueFiles(by: CertificateAuthority, file: string): Promise<TlsFiles> {
  const { cert, key } = await by.issue({ commonName: 'cxg' });
  const [certFile, keyFile] = [join(folder, `${file}.crt`), join(folder, `${file}.key`)];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  return {
    ca,
    cert: { setting: 'VAULT_CLIENT_CERT', path: certFile },
    key: { setting: 'VAULT_CLIENT_KEY', path: keyFile },
  };
}

it('keeps secrets in a Vault whose CA is its own', async () => {
  const secrets = open(vault, { ca });
  const reference = await secrets.write(name, 'correct horse');
  expect(await open(vault, { ca }).read(name, reference)).toBe('correct horse');
});

it('says what is wrong with the certificate or the files, and sends no token there', async () => {
  // One that no other test's client still talks to.
  const unasked = await startVaultServer('secret', identity);
  onTestFinished(() => unasked.close());
  const missing = { ...ca, path: join(folder, 'missing.pem') };
  const address = unasked.url.replace('localhost', '127.0.0.1');
  const failures = await Promise.all(
    [open(unasked, {}), open(unasked, { ca }, address), open(unasked, { ca: missing })].map((secrets) =>
      secrets.write(name, 'correct horse').catch((error: Error) => error.message),
    ),
  );
  expect(failures).toEqual([
    expect.stringMatching(/isn't trusted .*VAULT_CACERT has to name the file of its CA/),
    expect.stringMatching(/certificate of 127\.0\.0\.1:\d+ is for another host/),
    expect.stringMatching(/VAULT_CACERT \S+missing\.pem can't be read: ENOENT/),
  ]);
  expect(unasked.calls).toEqual([]);
});

it('shows its certificate to a Vault that lets nobody in without one', async () => {
  const own = await issueFiles(authority, 'own');
  await open(strict, own).write(name, 'correct horse');
  const stranger = await issueFiles(await createCertificateAuthority('Strangers'), 'stranger');
  for (const tls of [{ ca }, stranger]) {
    await expect(open(strict, tls).write(name, 'x')).rejects.toThrow('did not answer');
  }
});

it('reads a renewed CA without a restart', async () => {
  const renewed = { ...ca, path: join(folder, 'renewed.pem') };
  await writeFile(renewed.path, (await createCertificateAuthority('Before')).cert);
  const secrets = open(vault, { ca: renewed });
  await expect(secrets.write(name, 'correct horse')).rejects.toThrow("isn't trusted");
  await writeFile(renewed.path, authority.cert);
  await secrets.write(name, 'correct horse');
});
