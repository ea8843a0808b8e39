import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../../src/logging/logger.ts';
import { CredentialsError, SecretsUnavailableError } from '../../src/tenancy/secrets/credentials-error.ts';
import type { SecretName, SecretProvider } from '../../src/tenancy/secrets/secret-provider.ts';
import {
  createVaultSecrets,
  type VaultSecretsOptions,
} from '../../src/tenancy/secrets/vault/vault-secrets.ts';
import { startVaultServer, type VaultServer } from '../support/vault-server.ts';

const name: SecretName = { tenantKey: 'acme01', purpose: 'application' };
const password = 'correct horse battery staple';
const path = 'tenants/acme01/database';

let vault: VaultServer;
let log: string[];

beforeEach(async () => {
  vault = await startVaultServer();
  log = [];
});
afterEach(() => vault.close());

function open(options: Partial<VaultSecretsOptions> = {}): SecretProvider {
  const logger = createLogger({ level: 'debug', format: 'json' }, { write: (line) => void log.push(line) });
  const secrets = createVaultSecrets(
    {
      url: vault.url,
      tls: {},
      namespace: undefined,
      mount: 'secret',
      timeoutSeconds: 1,
      cacheSeconds: 60,
      login: { method: 'token', token: vault.makeToken() },
      ...options,
    },
    logger,
  );
  onTestFinished(() => secrets.close());
  return secrets;
}

const kubernetes = async (jwt = 'service-account-jwt') => {
  const folder = await mkdtemp(join(tmpdir(), 'cxg-vault-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${jwt}\n`);
  return { method: 'kubernetes', role: 'cxg-api', mount: 'kubernetes', tokenFile } as const;
};

const callsTo = (pattern: RegExp) => vault.calls.filter(({ path: called }) => pattern.test(called));
const reads = () =>
  vault.calls.filter(({ method, path: called }) => method === 'GET' && called.includes('/data/'));

/** Answers the next `times` calls of secrets with a status. */
function answerWith(
  status: number,
  times: number,
  headers: Record<string, string> = {},
  body = '{"errors":[]}',
) {
  let left = times;
  vault.disturb = (call, response) => {
    if (!call.path.includes('/data/') || left-- <= 0) return false;
    response.writeHead(status, headers).end(body);
    return true;
  };
}

describe('secrets in Vault', () => {
  it('are written at the tenant’s path, and read by the reference that this gave', async () => {
    const secrets = open({ namespace: 'team/cxg' });
    const reference = await secrets.write(name, password);
    expect(reference).toBe(`vault:${path}?version=1#password`);
    expect(vault.secrets.get(path)).toEqual([{ password }]);
    expect(await open({ namespace: 'team/cxg' }).read(name, reference)).toBe(password);
    expect(new Set(vault.calls.map(({ namespace }) => namespace))).toEqual(new Set(['team/cxg']));
  });

  it('of each purpose are at a path of their own', async () => {
    const secrets = open();
    for (const purpose of ['application', 'owner', 'administrator'] as const) {
      await secrets.write({ tenantKey: 'acme01', purpose }, `for ${purpose}`);
    }
    expect([...vault.secrets.keys()]).toEqual([
      path,
      'tenants/acme01/database-owner',
      'tenants/acme01/administrator',
    ]);
  });

  it('stay readable by their reference when newer ones are written', async () => {
    const secrets = open();
    const first = await secrets.write(name, password);
    const second = await secrets.write(name, 'another');
    expect(second).toBe(`vault:${path}?version=2#password`);
    const others = open();
    expect([await others.read(name, first), await others.read(name, second)]).toEqual([password, 'another']);
  });

  it('can be written by others: a reference without a version leads to the newest', async () => {
    vault.secrets.set(path, [{ password: 'old' }, { password, username: 'tenant_acme01' }]);
    expect(await open().read(name, `vault:${path}#password`)).toBe(password);
  });

  it('keep the fields that others have written beside them', async () => {
    vault.secrets.set(path, [{ password: 'old', note: 'made by hand' }]);
    await open().write(name, password);
    expect(vault.secrets.get(path)?.[1]).toEqual({ password, note: 'made by hand' });
  });

  it('are written after a version that was deleted', async () => {
    vault.secrets.set(path, [null]);
    expect(await open().write(name, password)).toBe(`vault:${path}?version=2#password`);
  });

  it('can be somewhere else than at `secret`', async () => {
    await vault.close();
    vault = await startVaultServer('kv/apps');
    const secrets = open({ mount: 'kv/apps' });
    expect(await open({ mount: 'kv/apps' }).read(name, await secrets.write(name, password))).toBe(password);
  });

  it('are removed with all of their past', async () => {
    const secrets = open();
    await secrets.write(name, password);
    await secrets.remove(name);
    await secrets.remove(name);
    expect(vault.secrets.size).toBe(0);
  });

  it.each([
    'vault:tenants/beta02/database#password',
    'vault:tenants/acme01/../beta02/database#password',
    'vault:tenants/acme01#password',
    'vault:tenants/acme01/database',
    'vault:tenants/acme01/database?version=0#password',
    'vault:tenants/acme01/database?list=true#password',
    'vault:sys/seal#x',
    'vault:',
  ])('are not looked for where %s leads', async (reference) => {
    await expect(open().read(name, reference)).rejects.toThrow(CredentialsError);
    expect(reads()).toEqual([]);
  });

  it('that are remembered for one tenant are not given to another', async () => {
    const secrets = open();
    const reference = await secrets.write(name, password);
    await secrets.read(name, reference);
    await expect(secrets.read({ ...name, tenantKey: 'beta02' }, reference)).rejects.toThrow(CredentialsError);
  });
});

describe('a secret that somebody else writes at the same time', () => {
  it('is not overwritten', async () => {
    const secrets = open();
    vault.disturb = (call) => {
      if (call.method === 'POST') vault.secrets.set(path, [{ password: 'of somebody else' }]);
      return false;
    };
    await expect(secrets.write(name, password)).rejects.toThrow(CredentialsError);
    expect(vault.secrets.get(path)).toEqual([{ password: 'of somebody else' }]);
  });

  it('is recognised as our own when only the answer to the first try was lost', async () => {
    const secrets = open();
    let lost = 0;
    vault.disturb = (call, response) => {
      if (call.method !== 'POST' || !call.path.includes('/data/') || lost++ > 0) return false;
      vault.secrets.set(path, [{ password }]);
      response.destroy();
      return true;
    };
    expect(await secrets.write(name, password)).toBe(`vault:${path}?version=1#password`);
    expect(vault.secrets.get(path)).toHaveLength(1);
  });
});

describe('a secret that was read', () => {
  const given = `vault:${path}#password`;
  beforeEach(() => vault.secrets.set(path, [{ password }]));

  it('is asked for once by requests that arrive together, and then not again for its time', async () => {
    const secrets = open({ cacheSeconds: 1 });
    await Promise.all(Array.from({ length: 20 }, () => secrets.read(name, given)));
    await secrets.read(name, given);
    expect(reads()).toHaveLength(1);
    await delay(1_050);
    await secrets.read(name, given);
    expect(reads()).toHaveLength(2);
  });

  it('is asked for again when it is said to have changed, and a pinned version when its tenant has', async () => {
    const secrets = open();
    const pinned = `vault:${path}?version=1#password`;
    const readBoth = () => Promise.all([secrets.read(name, given), secrets.read(name, pinned)]);
    await readBoth();
    secrets.forget('beta02');
    await readBoth();
    expect(reads()).toHaveLength(2);
    secrets.forget(null);
    await readBoth();
    expect(reads()).toHaveLength(3);
    secrets.forget('acme01');
    await readBoth();
    expect(reads()).toHaveLength(5);
  });

  it('is not remembered beyond a lease that Vault gives it', async () => {
    const secrets = open();
    vault.disturb = (call, response) => {
      if (!call.path.includes('/data/')) return false;
      response.end(
        JSON.stringify({ lease_duration: 1, data: { data: { password }, metadata: { version: 1 } } }),
      );
      return true;
    };
    await secrets.read(name, given);
    await delay(1_050);
    await secrets.read(name, given);
    expect(reads()).toHaveLength(2);
  });

  it('is not remembered when it was said to have changed while it was being read', async () => {
    const secrets = open();
    vault.disturb = async () => {
      await delay(50);
      return false;
    };
    const reading = secrets.read(name, given);
    await vi.waitFor(() => expect(reads()).toHaveLength(1));
    secrets.forget('acme01');
    await reading;
    await secrets.read(name, given);
    expect(reads()).toHaveLength(2);
  });
});

describe('a Vault that does not answer now', () => {
  const given = `vault:${path}#password`;
  beforeEach(() => vault.secrets.set(path, [{ password }]));

  it.each([412, 429, 472, 473, 474, 500, 502, 503])('is asked again after %d', async (status) => {
    const secrets = open();
    answerWith(status, 2);
    expect(await secrets.read(name, given)).toBe(password);
    const [first, second, third] = reads().map(({ at }) => at);
    // Pauses of 100 and 200 ms, each between half of it and the whole.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(45);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(95);
  });

  it.each([429, 503])('is given up after its time when it goes on with %d', async (status) => {
    const secrets = open();
    answerWith(status, 1_000);
    const started = performance.now();
    await expect(secrets.read(name, given)).rejects.toThrow(SecretsUnavailableError);
    expect(performance.now() - started).toBeLessThan(1_200);
    expect(reads().length).toBeGreaterThan(1);
    expect(reads().length).toBeLessThan(8);
  });

  it('is asked again when it wants to be, with Retry-After', async () => {
    const secrets = open({ timeoutSeconds: 3 });
    answerWith(429, 1, { 'retry-after': '1' });
    expect(await secrets.read(name, given)).toBe(password);
    const [first, second] = reads().map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('is not waited for longer than a request may wait, whatever it wants', async () => {
    const secrets = open();
    answerWith(503, 1, { 'retry-after': '120' });
    const started = performance.now();
    await expect(secrets.read(name, given)).rejects.toThrow(/answered 503.*1 tries/);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('that hangs is asked once more, and then given up', async () => {
    const secrets = open();
    vault.disturb = (call) => call.path.includes('/data/');
    const started = performance.now();
    await expect(secrets.read(name, given)).rejects.toThrow(/did not answer/);
    expect(performance.now() - started).toBeLessThan(1_300);
    expect(reads().length).toBeGreaterThanOrEqual(2);
  });

  it('that cuts connections is asked again', async () => {
    const secrets = open();
    let cuts = 0;
    vault.disturb = (call, response) => {
      if (!call.path.includes('/data/') || cuts++ > 1) return false;
      response.destroy();
      return true;
    };
    expect(await secrets.read(name, given)).toBe(password);
  });

  it('that is not there fails clearly', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = z.object({ port: z.int() }).parse(server.address());
    server.close();
    await expect(open({ url: `http://127.0.0.1:${port}` }).read(name, given)).rejects.toThrow(
      SecretsUnavailableError,
    );
  });

  it('is not asked by every request, and asked again a second later', async () => {
    const secrets = open();
    answerWith(503, 1, { 'retry-after': '60' });
    await expect(secrets.read(name, given)).rejects.toThrow(SecretsUnavailableError);
    await expect(secrets.read(name, given)).rejects.toThrow(SecretsUnavailableError);
    expect(reads()).toHaveLength(1);
    await vi.waitFor(async () => expect(await secrets.read(name, given)).toBe(password), { timeout: 3_000 });
  });

  it('does not hide a secret that is remembered', async () => {
    const secrets = open();
    await secrets.read(name, given);
    answerWith(503, 1_000);
    expect(await secrets.read(name, given)).toBe(password);
  });
});

describe('an answer of Vault that helps nobody', () => {
  const given = `vault:${path}#password`;

  it('404 is told with the place', async () => {
    await expect(open().read(name, given)).rejects.toThrow(
      'Vault has no secret of tenant acme01 at secret/tenants/acme01/database.',
    );
  });

  it.each([
    ['not JSON', 'password=hunter2hunter2'],
    ['another shape', '{"data":{"password":"hunter2hunter2"}}'],
    ['no version', '{"data":{"data":{"password":"hunter2hunter2"},"metadata":{}}}'],
    ['no such field', '{"data":{"data":{"pass":"hunter2hunter2"},"metadata":{"version":1}}}'],
    ['no text', '{"data":{"data":{"password":{"x":"hunter2hunter2"}},"metadata":{"version":1}}}'],
  ])('%s is told without quoting it', async (_name, body) => {
    const secrets = open();
    answerWith(200, 1, {}, body);
    const error = await secrets.read(name, given).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(CredentialsError);
    expect(String(error)).toContain('acme01');
    expect(JSON.stringify([String(error), log])).not.toContain('hunter2');
  });

  it('403 for a given token is told, and not repeated', async () => {
    await expect(
      open({ login: { method: 'token', token: 'hvs.revoked' } }).read(name, given),
    ).rejects.toThrow(/answered 403: the token has ended/);
    expect(reads()).toHaveLength(1);
    expect(JSON.stringify(log)).not.toContain('hvs.revoked');
  });

  it('a redirect is followed once, to the active node', async () => {
    const active = await startVaultServer();
    onTestFinished(() => active.close());
    active.secrets.set(path, [{ password }]);
    const token = active.makeToken();
    vault.disturb = (call, response) => {
      response.writeHead(307, { location: `${active.url}/v1/${call.path}` }).end();
      return true;
    };
    expect(await open({ login: { method: 'token', token } }).read(name, given)).toBe(password);
  });

  it('a redirect out of its protocol is not followed, since the token would go along', async () => {
    vault.disturb = (_call, response) => {
      response.writeHead(307, { location: 'ftp://127.0.0.1/' }).end();
      return true;
    };
    await expect(open().read(name, given)).rejects.toThrow('redirects to ftp:, which is not followed');
  });
});

describe('a token', () => {
  const given = `vault:${path}#password`;
  beforeEach(() => vault.secrets.set(path, [{ password }]));

  it('that is given is renewed before it ends', async () => {
    const token = vault.makeToken(2, true);
    const secrets = open({ login: { method: 'token', token }, cacheSeconds: 1 });
    await secrets.read(name, given);
    await delay(3_200);
    expect(callsTo(/renew-self/).length).toBeGreaterThanOrEqual(2);
    expect(await secrets.read(name, given)).toBe(password);
  });

  it('that can’t be renewed is not, and one that does not end need not be', async () => {
    for (const token of [vault.makeToken(1, false), vault.makeToken(0, true)]) {
      await open({ login: { method: 'token', token } }).read(name, given);
    }
    await delay(1_000);
    expect(callsTo(/renew-self/)).toEqual([]);
  });
});

describe('the login of Kubernetes', () => {
  const given = `vault:${path}#password`;
  const logins = () => callsTo(/^auth\/kubernetes\/login$/);
  beforeEach(() => vault.secrets.set(path, [{ password }]));

  it('happens once for requests that arrive together', async () => {
    const secrets = open({ login: await kubernetes() });
    const others = Array.from({ length: 5 }, (_, index) => {
      vault.secrets.set(`tenants/other${index}/database`, [{ password }]);
      return secrets.read(
        { tenantKey: `other${index}`, purpose: 'application' },
        `vault:tenants/other${index}/database#password`,
      );
    });
    expect(await Promise.all(others)).toEqual(Array(5).fill(password));
    expect(logins()).toHaveLength(1);
    expect(logins()[0]?.token).toBeUndefined();
  });

  it('happens again before the lease ends, and keeps nobody waiting', async () => {
    vault.loginSeconds = 2;
    const secrets = open({ login: await kubernetes(), cacheSeconds: 1 });
    await secrets.read(name, given);
    await delay(1_500);
    await secrets.read(name, given);
    await vi.waitFor(() => expect(logins()).toHaveLength(2));
    await delay(1_050);
    await secrets.read(name, given);
    expect(callsTo(/data/).every(({ token = '' }) => vault.tokens.has(token))).toBe(true);
  });

  it('happens again after the lease has ended', async () => {
    vault.loginSeconds = 1;
    const secrets = open({ login: await kubernetes(), cacheSeconds: 1 });
    await secrets.read(name, given);
    await delay(1_100);
    expect(await secrets.read(name, given)).toBe(password);
    expect(logins()).toHaveLength(2);
  });

  it('happens once more when the token was revoked', async () => {
    const secrets = open({ login: await kubernetes() });
    await secrets.read(name, given);
    vault.tokens.clear();
    secrets.forget('acme01');
    expect(await secrets.read(name, given)).toBe(password);
    expect(logins()).toHaveLength(2);
  });

  it('happens once, and no more, when the policy allows nothing', async () => {
    const secrets = open({ login: await kubernetes() });
    answerWith(403, 1_000);
    await expect(secrets.read(name, given)).rejects.toThrow(/its policy does not allow it/);
    expect(logins()).toHaveLength(2);
  });

  it('that is refused is told with the role, and without the account’s token', async () => {
    const secrets = open({ login: await kubernetes('another-jwt') });
    const error = await secrets.read(name, given).catch((problem: unknown) => problem);
    expect(String(error)).toContain('does not let the role cxg-api in');
    expect(JSON.stringify([String(error), log])).not.toContain('another-jwt');
  });

  it('without a token file is told', async () => {
    const login = { ...(await kubernetes()), tokenFile: '/nowhere/token' };
    await expect(open({ login }).read(name, given)).rejects.toThrow(/service account’s token.*can’t be read/);
  });
});
