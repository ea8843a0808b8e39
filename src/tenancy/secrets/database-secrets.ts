import type { CredentialsEnvelope } from './credentials-envelope.ts';
import type { SecretName, SecretProvider } from './secret-provider.ts';

/** Keeps secrets in the tenants' rows themselves: the reference is the encrypted secret. */
export function createDatabaseSecrets(envelope: CredentialsEnvelope): SecretProvider {
  return {
    read: async (name, reference) => envelope.open(envelopeName(name, reference), reference),
    write: async (name, secret) => envelope.seal(currentName(name), secret),
    remove: async () => {},
    takeBack: async () => {},
    forget: () => {},
    close: () => {},
  };
}

/** The name that the secret's envelope was sealed for. */
export function envelopeName(name: SecretName, envelope: string): string {
  // The first version sealed an administrator's password as the application's.
  return name.purpose === 'administrator' && envelope.startsWith('v1.') ? name.tenantKey : currentName(name);
}

/** No tenant's key has a slash, so no name is that of another tenant's secret. */
function currentName({ tenantKey, purpose }: SecretName): string {
  return purpose === 'application' ? tenantKey : `${tenantKey}/${purpose}`;
}
