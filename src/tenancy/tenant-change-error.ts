/** The message for a rotation of roles that an operator has made. */
export function rolesAreProvided(tenantKey: string): string {
  return `The roles of tenant ${tenantKey} are its operator's own: have another one made, and give it to move-tenant with --db-user or --db-owner-user.`;
}

/** The message for an operator's roles in place of those that this program has made. */
export function rolesAreOurs(tenantKey: string): string {
  return `The roles of tenant ${tenantKey} were made here: rotate-tenant-credentials changes them.`;
}

/** A tenant's credentials or its place can't be changed; the message says why and what to do, and holds no password. */
export class TenantChangeError extends Error {
  override readonly name = 'TenantChangeError';
}
