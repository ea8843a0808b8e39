/** The name of the lock that is held while somebody works on an unfinished tenant. */
export function provisioningLock(tenantKey: string): string {
  return `provision-tenant:${tenantKey}`;
}
