import { type PermissionCode, permissionCatalogue } from './permissions.ts';
import type { ViewerRole } from './viewer.ts';

/** A role that every tenant has and nobody can remove. Its code is also the `role` claim of its holders' tokens. */
export interface SystemRole {
  readonly code: 'tenant_admin' | 'tenant_user';
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly PermissionCode[];
  /** Further ones, which a new grant gives for the holder's own rows alone. */
  readonly own: readonly PermissionCode[];
}

/** The roles that provisioning writes into each tenant's database. */
export const systemRoles: readonly SystemRole[] = [
  {
    code: 'tenant_admin',
    name: 'Tenant administrator',
    description: 'Every permission in this tenant.',
    permissions: permissionCatalogue.map(({ code }) => code),
    own: [],
  },
  {
    code: 'tenant_user',
    name: 'Tenant user',
    description: 'Sees the people of this tenant, asks for leave, and clocks in and out.',
    permissions: ['users:read', 'leaveTypes:read', 'holidays:read'],
    own: [
      'employees:read',
      'leaveEntitlements:read',
      'leave:read',
      'leave:write',
      'attendance:read',
      'attendance:write',
    ],
  },
];

/** Returns the role that a token names for a user whose role has that code; null stands for a user without one. */
export function viewerRoleOf(code: string | null): ViewerRole {
  return code === 'tenant_admin' ? 'tenant_admin' : 'tenant_user';
}
