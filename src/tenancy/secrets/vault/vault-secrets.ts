import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Logger } from '../../../logging/logger.ts';
import { CredentialsError, SecretsUnavailableError } from '../credentials-error.ts';
import type { SecretName, SecretProvider } from '../secret-provider.ts';
import { createVaultHttp, type VaultAnswer, type VaultConnection, type VaultRequest } from './vault-http.ts';
import { parseVaultReference, passwordField, vaultPath, vaultReference } from './vault-reference.ts';
import { createVaultTokens, type VaultLogin } from './vault-tokens.ts';

/** The settings of secrets in Vault. */
export interface VaultSecretsOptions extends VaultConnection {
  /** The mount path of the KV version 2 engine. */
  readonly mount: string;
  readonly login: VaultLogin;
  /** Seconds for which a secret that was read is believed. */
  readonly cacheSeconds: number;
}

interface Remembered {
  readonly tenantKey: string;
  /** True if the reference names a version, whose content never changes. */
  readonly pinned: boolean;
  readonly secret: Promise<string>;
}

/** The bound for all entries: some 10,000. Vault's own limit for one secret is 1 MB. */
const rememberedBytes = 8 * 1_024 * 1_024;

/** The size of an entry without its texts. */
const entryBytes = 500;

/** Requests of a tenant whose secret could not be read share the failure for so long, instead of each waiting. */
const failureMilliseconds = 1_000;

const fieldsSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.object({ version: z.int().positive() });

/** https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version */
const readSchema = z.object({
  lease_duration: z.number().optional(),
  data: z.object({ data: fieldsSchema, metadata: metadataSchema }),
});
/** The answer 404 for a version that was deleted still says which it was. */
const deletedSchema = z.object({ data: z.object({ metadata: metadataSchema }) });
const writtenSchema = z.object({ data: metadataSchema });

/**
 * Keeps secrets in HashiCorp Vault's KV version 2 engine. A client of our own, because the calls are four, and the
 * packages there are neither renew logins nor try again nor have types of what Vault answers.
 */
export function createVaultSecrets(options: VaultSecretsOptions, logger: Logger): SecretProvider {
  const { mount, cacheSeconds } = options;
  const http = createVaultHttp(options);
  const tokens = createVaultTokens(http, options.login, logger);
  const cacheMilliseconds = cacheSeconds * 1_000;
  const remembered = new LRUCache<string, Remembered>({
    maxSize: rememberedBytes,
    sizeCalculation: (_entry, reference) => entryBytes + reference.length,
    ttl: cacheMilliseconds,
  });

  /** A token may have been revoked: one refusal leads to one new login. */
  async function call(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer> {
    const token = await tokens.current();
    const answer = await http({ ...request, token });
    if (answer.status !== 403 || !tokens.refused(token)) return answer;
    return http({ ...request, token: await tokens.current() });
  }

  function fail(tenantKey: string, what: string, path: string, { status }: VaultAnswer): never {
    const hint =
      status === 403
        ? ': the token has ended, or its policy does not allow it'
        : status === 200
          ? ' with something that is not as documented'
          : '';
    throw new CredentialsError(
      `Vault did not ${what} of tenant ${tenantKey} at ${mount}/${path}: it answered ${status}${hint}.`,
    );
  }

  async function load(name: SecretName, reference: string): Promise<{ secret: string; seconds: number }> {
    const { tenantKey } = name;
    const { path, version, field } = parseVaultReference(name, reference);
    const query = version === null ? '' : `?version=${version}`;
    const answer = await call({ method: 'GET', path: `${mount}/data/${path}${query}` });
    if (answer.status === 404) {
      throw new CredentialsError(
        `Vault has no secret of tenant ${tenantKey} at ${mount}/${path}${version === null ? '' : ` in version ${version}`}.`,
      );
    }
    const read = readSchema.safeParse(answer.body);
    if (answer.status !== 200 || !read.success) return fail(tenantKey, 'give the secret', path, answer);
    const secret = read.data.data.data[field];
    if (typeof secret !== 'string' || secret === '') {
      throw new CredentialsError(
        `Vault's secret of tenant ${tenantKey} at ${mount}/${path} has no text in the field ${field}.`,
      );
    }
    const lease = read.data.lease_duration ?? 0;
    return { secret, seconds: lease > 0 ? Math.min(lease, cacheSeconds) : cacheSeconds };
  }

  function remember(name: SecretName, reference: string): Promise<string> {
    const keepFor = (milliseconds: number, secretBytes = 0) => {
      // Whoever said in the meantime to forget it was right.
      if (remembered.peek(reference) !== entry) return;
      const size = entryBytes + reference.length + secretBytes;
      // A copy: the cache would not take another size for a value that it already holds.
      remembered.set(reference, { ...entry }, { ttl: milliseconds, size });
    };
    const entry: Remembered = {
      tenantKey: name.tenantKey,
      pinned: /\?version=/.test(reference),
      secret: load(name, reference).then(({ secret, seconds }) => {
        keepFor(seconds * 1_000, secret.length);
        return secret;
      }),
    };
    remembered.set(reference, entry);
    entry.secret.catch((error: unknown) => {
      if (error instanceof SecretsUnavailableError) keepFor(failureMilliseconds);
      else if (remembered.peek(reference) === entry) remembered.delete(reference);
    });
    return entry.secret;
  }

  /** The newest version, 0 when there is none, and its fields. */
  async function readNewest(tenantKey: string, path: string) {
    const answer = await call({ method: 'GET', path: `${mount}/data/${path}` });
    if (answer.status === 404) {
      const deleted = deletedSchema.safeParse(answer.body);
      return { version: deleted.success ? deleted.data.data.metadata.version : 0, fields: {} };
    }
    const read = readSchema.safeParse(answer.body);
    if (answer.status !== 200 || !read.success) return fail(tenantKey, 'give the secret', path, answer);
    return { version: read.data.data.metadata.version, fields: read.data.data.data };
  }

  async function remove(name: SecretName): Promise<void> {
    const path = vaultPath(name);
    const answer = await call({ method: 'DELETE', path: `${mount}/metadata/${path}` });
    if (answer.status >= 300 && answer.status !== 404) {
      fail(name.tenantKey, 'remove the secret', path, answer);
    }
    for (const [reference, entry] of [...remembered.entries()]) {
      if (entry.tenantKey === name.tenantKey && parseVaultReference(name, reference).path === path) {
        remembered.delete(reference);
      }
    }
  }

  return {
    async read(name, reference) {
      const known = remembered.get(reference);
      // The reference alone says which secret it is, but not to whom it may be given.
      parseVaultReference(name, reference);
      return known ? known.secret : remember(name, reference);
    },
    async write(name, secret) {
      const { tenantKey } = name;
      const path = vaultPath(name);
      const newest = await readNewest(tenantKey, path);
      const answer = await call({
        method: 'POST',
        path: `${mount}/data/${path}`,
        body: { options: { cas: newest.version }, data: { ...newest.fields, [passwordField]: secret } },
      });
      const written = writtenSchema.safeParse(answer.body);
      if (answer.status === 200 && written.success) {
        return vaultReference(name, written.data.data.version);
      }
      if (answer.status === 400 && answer.repeated) {
        // An earlier try may have arrived: then it is what the check found to have changed.
        const now = await readNewest(tenantKey, path);
        if ('password' in now.fields && now.fields[passwordField] === secret) {
          return vaultReference(name, now.version);
        }
      }
      return fail(tenantKey, 'take the secret', path, answer);
    },
    remove,
    async takeBack(name, reference) {
      if (parseVaultReference(name, reference).version === 1) await remove(name);
    },
    forget(tenantKey) {
      for (const [reference, entry] of [...remembered.entries()]) {
        if (tenantKey === null ? !entry.pinned : entry.tenantKey === tenantKey) remembered.delete(reference);
      }
    },
    close: () => tokens.close(),
  };
}
