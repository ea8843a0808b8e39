import { CredentialsError } from '../credentials-error.ts';
import type { SecretName, SecretPurpose } from '../secret-provider.ts';

/** The location of a secret in Vault. */
export interface VaultReference {
  /** Below the mount. */
  readonly path: string;
  /** Null for whatever is the newest. */
  readonly version: number | null;
  readonly field: string;
}

/** A path for each, so that a policy can let servers read the application's password and not the owner's. */
const leaves = {
  application: 'database',
  owner: 'database-owner',
  administrator: 'administrator',
  'data-key': 'data-key',
} as const satisfies Record<SecretPurpose, string>;

const scheme = 'vault:';

/** The field that holds the secret, of those that we write. */
export const passwordField = 'password';

/** Returns whether a reference is to Vault. */
export function isVaultReference(reference: string): boolean {
  return reference.startsWith(scheme);
}

/** Returns the location of the named secret. */
export function vaultPath({ tenantKey, purpose }: SecretName): string {
  return `tenants/${tenantKey}/${leaves[purpose]}`;
}

/** The reference to one version of a secret: `vault:tenants/acme01/database?version=3#password`. */
export function vaultReference(name: SecretName, version: number): string {
  return `${scheme}${vaultPath(name)}?version=${version}#${passwordField}`;
}

/**
 * Reads a reference, ours or one that an operator wrote, `vault:tenants/acme01/database#password`.
 * @throws {CredentialsError} when it is none, or leads out of the tenant's own folder.
 */
export function parseVaultReference({ tenantKey }: SecretName, reference: string): VaultReference {
  const [, path, version, field] =
    /^vault:((?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+)(?:\?version=([1-9]\d{0,8}))?#([A-Za-z0-9_.-]+)$/.exec(
      reference,
    ) ?? [];
  if (path === undefined || field === undefined) {
    throw new CredentialsError(`The stored credentials of tenant ${tenantKey} are no reference to Vault.`);
  }
  if (!path.startsWith(`tenants/${tenantKey}/`)) {
    throw new CredentialsError(
      `The stored credentials of tenant ${tenantKey} lead to somebody else's secret.`,
    );
  }
  return { path, version: version === undefined ? null : Number(version), field };
}
