import type { Logger } from '../../logging/logger.ts';
import { createCredentialsEnvelope } from './credentials-envelope.ts';
import { CredentialsError } from './credentials-error.ts';
import { createDatabaseSecrets, envelopeName } from './database-secrets.ts';
import type { SecretName, SecretProvider } from './secret-provider.ts';
import { isVaultReference } from './vault/vault-reference.ts';
import { createVaultSecrets, type VaultSecretsOptions } from './vault/vault-secrets.ts';

/** The stores of tenants' secrets. */
export type SecretStore = 'database' | 'vault';

/** The settings of tenants' secrets. */
export interface TenantSecretsOptions {
  /** Seals what goes into the central database: 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** Open what they have sealed. */
  readonly previousEncryptionKeys: readonly Uint8Array[];
  /** Undefined when there is none; references to it can't be followed then. */
  readonly vault: VaultSecretsOptions | undefined;
  /** The store for new tenants' secrets. */
  readonly store: SecretStore;
  /** True if passwords may be used only where the way to the database is encrypted. False by default. */
  readonly requireTls?: boolean;
}

/** Tenants' secrets, wherever each is: its reference says so. */
export interface TenantSecrets {
  /** True if passwords may be used only where the way to the database is encrypted (see tenant-tls.ts). */
  readonly requireTls?: boolean;
  /** The secret that the reference leads to. @throws as {@link SecretProvider.read} does. */
  read(name: SecretName, reference: string): Promise<string>;
  /** Keeps a secret where new ones go, or where `like`, an earlier reference, leads to. @returns its reference. */
  write(name: SecretName, secret: string, like?: string): Promise<string>;
  /** Keeps a secret in the given place. */
  writeTo(store: SecretStore, name: SecretName, secret: string): Promise<string>;
  /** Tells whether secrets can be kept there. */
  has(store: SecretStore): boolean;
  /** Returns the store of a reference. */
  storeOf(reference: string): SecretStore;
  /** The id of the key that sealed the reference; null when it is in Vault. */
  keyIdOf(name: SecretName, reference: string): string | null;
  /** The id of the key that seals now. */
  readonly sealingKeyId: string;
  /**
   * Removes a secret with its whole history, from wherever it is or was kept.
   * @param reference its current reference, if known.
   * @throws {CredentialsError} when it is in Vault, and Vault is not configured.
   */
  remove(name: SecretName, reference: string | null): Promise<void>;
  /** As {@link SecretProvider.takeBack} does. */
  takeBack(name: SecretName, reference: string): Promise<void>;
  /** As {@link SecretProvider.forget} does. */
  forget(tenantKey: string | null): void;
  close(): void;
}

/** Creates the access to tenants' secrets. */
export function createTenantSecrets(options: TenantSecretsOptions, logger: Logger): TenantSecrets {
  const envelope = createCredentialsEnvelope(options.encryptionKey, options.previousEncryptionKeys);
  const vault = options.vault && createVaultSecrets(options.vault, logger);
  const database = createDatabaseSecrets(envelope);

  function provider(store: SecretStore, { tenantKey }: SecretName): SecretProvider {
    if (store === 'database') return database;
    if (!vault) {
      throw new CredentialsError(`The credentials of tenant ${tenantKey} are in Vault: set VAULT_URL.`);
    }
    return vault;
  }

  const storeOf = (reference: string): SecretStore => (isVaultReference(reference) ? 'vault' : 'database');

  return {
    requireTls: options.requireTls ?? false,
    sealingKeyId: envelope.sealingKeyId,
    has: (store) => store === 'database' || vault !== undefined,
    storeOf,
    read: async (name, reference) => provider(storeOf(reference), name).read(name, reference),
    write: async (name, secret, like) =>
      provider(like === undefined ? options.store : storeOf(like), name).write(name, secret),
    writeTo: async (store, name, secret) => provider(store, name).write(name, secret),
    keyIdOf: (name, reference) =>
      storeOf(reference) === 'vault' ? null : envelope.keyIdOf(envelopeName(name, reference), reference),
    async remove(name, reference) {
      if (reference !== null) await provider(storeOf(reference), name).remove(name);
      // A secret that was brought from Vault to the database is still in both.
      if (reference === null || storeOf(reference) !== 'vault') await vault?.remove(name);
    },
    takeBack: async (name, reference) => provider(storeOf(reference), name).takeBack(name, reference),
    forget: (tenantKey) => vault?.forget(tenantKey),
    close: () => vault?.close(),
  };
}
