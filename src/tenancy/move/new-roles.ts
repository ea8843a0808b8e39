import { type AuditChanges, changesBetween } from '../../audit/audit-entry.ts';
import { type Datasource, placeOf } from '../../config/datasource.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { assertRolesAreFree } from '../provisioning/database-place.ts';
import { DatabaseNotReadyError } from '../provisioning/existing-database/existing-database.ts';
import { examineDatabase } from '../provisioning/existing-database/readiness.ts';
import type { RotationTools } from '../rotation/rotate-credentials.ts';
import type { SecretName } from '../secrets/secret-provider.ts';
import { tenantRoles } from '../sign-in-roles.ts';
import { applicationSecret } from '../tenant.ts';
import { type AddressColumns, directAddress } from '../tenant-address.ts';
import { TenantChangeError } from '../tenant-change-error.ts';
import { ownerDatasource, ownerSecret } from '../tenant-owner.ts';

/** A role that an operator has made, with its password. */
export interface NewRole {
  readonly user: string;
  readonly password: string;
}

/** The roles that sign in from now on, to a database that an operator has made. What is absent stays. */
export interface NewRoles {
  readonly application?: NewRole;
  readonly owner?: NewRole;
}

/** The columns of a tenant's row that new roles change. */
export type RoleColumns = Partial<
  Pick<TenantRow, 'dbUser' | 'dbPasswordEncrypted' | 'dbOwnerUser' | 'dbOwnerPasswordEncrypted'>
>;

/**
 * Looks whether an operator's roles, new or recorded, are as a tenant's have to be, at the place where it is going to
 * be.
 * @param serving the application's way there.
 * @returns the owner's way there.
 * @throws {DatabaseNotReadyError}
 */
export async function examineRoles(
  tools: RotationTools,
  tenant: TenantRow,
  place: AddressColumns & Pick<TenantRow, 'dbName'>,
  serving: Datasource,
  roles: NewRoles,
): Promise<{ readonly owner: Datasource }> {
  const recorded = await ownerDatasource({ ...tenant, ...place }, tools.secrets);
  if (!recorded) throw new TenantChangeError(`The record of tenant ${tenant.tenantKey} names no owner.`);
  const owner = { ...recorded, ...roles.owner };
  const others = await tools.central.tenant.findMany({
    where: { id: { not: tenant.id } },
    select: { tenantKey: true, dbUser: true, dbOwnerUser: true, dbIsProvided: true },
  });
  assertRolesAreFree({ dbUser: serving.user, dbOwnerUser: owner.user, dbIsProvided: true }, others);
  const { missing } = await examineDatabase(
    { serving, application: { ...serving, ...directAddress(place) }, owner },
    // Whose data is there is for the move to find out.
    { owns: () => true, otherRoles: others.flatMap(tenantRoles) },
  );
  if (missing.length > 0) throw new DatabaseNotReadyError(placeOf(owner), missing);
  return { owner };
}

/** Stores the new roles' passwords where the former ones are. */
export async function storePasswords(
  { secrets }: RotationTools,
  tenant: TenantRow,
  { application, owner }: NewRoles,
): Promise<{ readonly columns: RoleColumns; takeBack(): Promise<void> }> {
  const { tenantKey } = tenant;
  const stored: { readonly name: SecretName; readonly reference: string }[] = [];
  const store = async (name: SecretName, password: string, like: string | null) => {
    const reference = await secrets.write(name, password, like ?? undefined);
    stored.push({ name, reference });
    return reference;
  };
  const columns: RoleColumns = {
    ...(application && {
      dbUser: application.user,
      dbPasswordEncrypted: await store(
        applicationSecret(tenantKey),
        application.password,
        tenant.dbPasswordEncrypted,
      ),
    }),
    ...(owner && {
      dbOwnerUser: owner.user,
      dbOwnerPasswordEncrypted: await store(
        ownerSecret(tenantKey),
        owner.password,
        tenant.dbOwnerPasswordEncrypted,
      ),
    }),
  };
  return {
    columns,
    async takeBack() {
      for (const { name, reference } of stored) await secrets.takeBack(name, reference);
    },
  };
}

/** Returns what the audit log says of new roles. A new password of the same role is no change of a name. */
export function describeRoles(tenant: TenantRow, { application, owner }: NewRoles): AuditChanges {
  return {
    ...(application && changesBetween({ dbUser: tenant.dbUser }, { dbUser: application.user })),
    ...(owner && changesBetween({ dbOwnerUser: tenant.dbOwnerUser }, { dbOwnerUser: owner.user })),
    ...(application || owner
      ? changesBetween(null, {
          newPasswords: [...(application ? ['application'] : []), ...(owner ? ['owner'] : [])],
        })
      : {}),
  };
}

/** The tenant's roles that sign in no more. */
export function retiredRoles(tenant: TenantRow, { application, owner }: NewRoles) {
  const kept = [application?.user ?? tenant.dbUser, owner?.user ?? tenant.dbOwnerUser];
  const retired = (role: string | null) => (role === null || kept.includes(role) ? null : role);
  return { application: retired(tenant.dbUser), owner: retired(tenant.dbOwnerUser) };
}
