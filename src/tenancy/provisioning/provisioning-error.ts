/** A tenant can't be provisioned or removed; the message says why and what to do, and holds no password. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';
}
