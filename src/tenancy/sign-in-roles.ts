import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { applicationOfOwner, futureOwnerRole, maximumNameLength, otherSuffix } from './tenant-owner.ts';

/** The two roles with which the same is signed in to by turns, so that both are good while one follows the other. */
export interface SignInRoles {
  /** The role that has the privileges. Signed in as the other one, a session acts as this one. */
  readonly role: string;
  /** The role that currently signs in. */
  readonly current: string;
  /** The role that signs in after the next rotation. */
  readonly next: string;
}

type Roles = Pick<TenantRow, 'dbUser' | 'dbOwnerUser' | 'dbIsProvided'>;

/** The role whose privileges the application has, whoever it signs in as. */
export function applicationRole({ dbUser, dbOwnerUser, dbIsProvided }: Roles): string {
  // An operator's names may look like ours, and mean nothing.
  if (dbIsProvided) return dbUser;
  const role = dbOwnerUser === null ? dbUser : (applicationOfOwner(ownerRole(dbOwnerUser)) ?? dbUser);
  return dbUser === `${role}${otherSuffix}` ? role : dbUser;
}

/**
 * The roles that take turns for a purpose; null when the tenant has no owner yet.
 * @throws when a name would be too long, the two roles of the record do not go together, or they are an operator's,
 * which take no turns.
 */
export function signInRoles(tenant: Roles, purpose: 'application' | 'owner'): SignInRoles | null {
  const { dbUser, dbOwnerUser, dbIsProvided } = tenant;
  if (dbOwnerUser === null) return null;
  if (dbIsProvided)
    throw new Error(`The roles ${dbUser} and ${dbOwnerUser} take no turns: an operator made them.`);
  if (applicationOfOwner(ownerRole(dbOwnerUser)) !== applicationRole(tenant)) {
    throw new Error(`The roles ${dbUser} and ${dbOwnerUser} do not go together.`);
  }
  return purpose === 'application'
    ? turns(applicationRole(tenant), dbUser)
    : turns(ownerRole(dbOwnerUser), dbOwnerUser);
}

/** Every role that the tenant has or may come to have. */
export function tenantRoles(tenant: Roles): string[] {
  const { dbUser, dbOwnerUser, dbIsProvided } = tenant;
  if (dbIsProvided) return dbOwnerUser === null ? [dbUser] : [dbUser, dbOwnerUser];
  const roles = [
    applicationRole(tenant),
    dbOwnerUser === null ? futureOwnerRole(dbUser) : ownerRole(dbOwnerUser),
  ];
  // First those that act as others.
  return [...roles.map((role) => `${role}${otherSuffix}`), ...roles];
}

function ownerRole(dbOwnerUser: string): string {
  const other = dbOwnerUser.endsWith(otherSuffix) ? dbOwnerUser.slice(0, -otherSuffix.length) : null;
  return other !== null && applicationOfOwner(other) !== null ? other : dbOwnerUser;
}

function turns(role: string, current: string): SignInRoles {
  const other = `${role}${otherSuffix}`;
  if (other.length > maximumNameLength) {
    throw new Error(`The role ${role} has too long a name for another one, ${other}, to take turns with it.`);
  }
  return { role, current, next: current === role ? other : role };
}
