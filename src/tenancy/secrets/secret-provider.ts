/**
 * The purpose of a tenant's secret: the password of the application's role, of the owner's, or of the first
 * administrator, or a key that encrypts personal data in its database.
 */
export type SecretPurpose = 'application' | 'owner' | 'administrator' | 'data-key';

/** The identity of a secret. No secret can be decrypted in place of another. */
export interface SecretName {
  readonly tenantKey: string;
  readonly purpose: SecretPurpose;
}

/** A place where secrets are kept. Tenants' rows hold references that it has made. */
export interface SecretProvider {
  /**
   * @throws {CredentialsError} when there is no such secret, or it is not the named one.
   * @throws {SecretsUnavailableError} when the place does not answer.
   */
  read(name: SecretName, reference: string): Promise<string>;
  /**
   * Keeps a secret beside the one before it, whose reference leads to it as before: so that who has read a row a
   * moment ago gets the password that belongs to it.
   * @returns the reference, which is no secret.
   */
  write(name: SecretName, secret: string): Promise<string>;
  /** Removes the named secret with its whole history. A missing secret counts as removed. */
  remove(name: SecretName): Promise<void>;
  /** Removes what `write` has just stored, unless there was a secret before it: an older one is not ours to remove. */
  takeBack(name: SecretName, reference: string): Promise<void>;
  /** Forgets the tenant's cached secrets, so that they are looked up again; with null, everybody's that might have changed. */
  forget(tenantKey: string | null): void;
  close(): void;
}
