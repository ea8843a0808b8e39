import type { CentralClient } from '../../db/central-client.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { findUnfinishedRotation, type RotationPurpose, rotationSteps } from '../rotation/rotation-record.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { applicationRole, signInRoles } from '../sign-in-roles.ts';
import { tenantDatasource } from '../tenant.ts';
import { ownerDatasource } from '../tenant-owner.ts';

/** A role that a tenant needs on the server of its database, or that may be there. */
export interface NeededRole {
  readonly role: string;
  /** The role whose privileges its sessions have. */
  readonly actsAs: string;
  /** `keep` leaves a role as it is that a rotation has still to do with, `never` withdraws the right to sign in. */
  readonly signIn: { readonly password: string } | 'keep' | 'never';
  /** It is created if it isn't there. */
  readonly isRequired: boolean;
}

/** The roles of a tenant on its server. */
export interface NeededRoles {
  readonly application: string;
  /** Null for a tenant whose application still owns its database. */
  readonly owner: string | null;
  /** Those that have the privileges come first. */
  readonly roles: readonly NeededRole[];
}

/** Finds out which roles the tenant has by its record, and their passwords; those of unfinished rotations included. */
export async function neededRoles(
  { central, secrets }: { readonly central: CentralClient; readonly secrets: TenantSecrets },
  tenant: TenantRow,
): Promise<NeededRoles> {
  const application = await tenantDatasource(tenant, secrets);
  const owner = await ownerDatasource(tenant, secrets);
  if (!owner) {
    const { user: role, password } = application;
    const only: NeededRole = { role, actsAs: role, signIn: { password }, isRequired: true };
    return { application: role, owner: null, roles: [only] };
  }
  const rolesFor = async (purpose: RotationPurpose, password: string): Promise<NeededRole[]> => {
    const turns = signInRoles(tenant, purpose);
    if (!turns) return [];
    const { role: actsAs, current, next } = turns;
    const rotation = await findUnfinishedRotation(central, tenant.id, purpose);
    const isMade = rotation && rotationSteps.indexOf(rotation.step) >= rotationSteps.indexOf('make-role');
    const other: NeededRole =
      isMade && rotation.to === next
        ? {
            role: next,
            actsAs,
            signIn: {
              password: await secrets.read({ tenantKey: tenant.tenantKey, purpose }, rotation.reference),
            },
            isRequired: true,
          }
        : {
            role: next,
            actsAs,
            signIn: rotation ? 'keep' : 'never',
            // The rotation disables the role that it comes from.
            isRequired: next === actsAs || rotation?.from === next,
          };
    const now: NeededRole = { role: current, actsAs, signIn: { password }, isRequired: true };
    return current === actsAs ? [now, other] : [other, now];
  };
  const roles = [
    ...(await rolesFor('owner', owner.password)),
    ...(await rolesFor('application', application.password)),
  ];
  return {
    application: applicationRole(tenant),
    owner: signInRoles(tenant, 'owner')?.role ?? owner.user,
    roles,
  };
}
