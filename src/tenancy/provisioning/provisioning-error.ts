/** A tenant can't be provisioned or removed; the message says why and what to do, and holds no password. */
export class ProvisioningError extends Error {
  override readonly name: string = 'ProvisioningError';
}

/** Somebody else is at work on the tenant, and will finish it. */
export class ProvisioningUnderWayError extends ProvisioningError {
  override readonly name = 'ProvisioningUnderWayError';

  constructor(tenantKey: string) {
    super(`Another process is provisioning tenant ${tenantKey} right now.`);
  }
}
