/** The name of the lock that whoever works on an unfinished tenant holds. */
export function provisioningLock(tenantKey: string): string {
  return `provision-tenant:${tenantKey}`;
}
