import { changesBetween } from '../audit/audit-entry.ts';
import { generatePassword } from '../auth/password.ts';
import type { Datasource } from '../config/datasource.ts';
import type { CentralClient } from '../db/central-client.ts';
import { administerDatabaseOf } from '../db/roles-and-databases.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { type Operator, recordOperation } from './operator.ts';
import { claimRoles } from './role-claims.ts';
import type { TenantSecrets } from './secrets/tenant-secrets.ts';
import { directAddress } from './tenant-address.ts';
import { administrationOf, ownerMark } from './tenant-administration.ts';
import { formerOwnerRoleName, ownerDatasource, ownerRoleName, ownerSecret } from './tenant-owner.ts';

/** The dependencies of separating a tenant's roles. */
export interface OwnerSeparationTools {
  readonly central: CentralClient;
  readonly secrets: TenantSecrets;
  /** A connection whose user may create roles and databases. */
  readonly tenantAdminDatasource: Datasource;
  /** Tells every process that the tenant's row has changed. */
  readonly invalidate: (tenantKey: string) => Promise<void>;
  /** Named in the audit log; defaults to the account that runs this process. */
  readonly operator?: Operator | undefined;
}

/**
 * Gives the database of a tenant whose application owns it an owner of its own. The tenant may be in service:
 * its application keeps its password and what it may do with rows. Cut off anywhere and run again, it finishes.
 * @returns the owner's way to the database.
 */
export async function separateOwner(tools: OwnerSeparationTools, tenant: TenantRow): Promise<Datasource> {
  const { central, secrets } = tools;
  const { tenantKey, dbName, dbUser } = tenant;
  await claimRoles(tools, tenant);
  const mark = ownerMark(tenant);
  const connection = administrationOf(tools, tenant);
  const application = { database: dbName, role: dbUser, owner: mark };
  return administerDatabaseOf(connection, application, async (server) => {
    // Another run may have done it in the meantime.
    const current = await central.tenant.findUniqueOrThrow({ where: { tenantKey } });
    const recorded = await ownerDatasource(current, secrets);
    if (recorded) return recorded;
    // An interrupted run of an earlier version has created the owner under its former name.
    const former = formerOwnerRoleName(dbUser);
    const owner = (await server.databaseOwner(dbName)) === former ? former : ownerRoleName(dbUser);
    const password = generatePassword();
    await server.ensureRole(owner, password, mark);
    await server.handOverDatabase(dbName, dbUser, owner);
    const reference = await secrets.write(ownerSecret(tenantKey), password, current.dbPasswordEncrypted);
    await central.$transaction(async (transaction) => {
      await transaction.tenant.update({
        where: { tenantKey },
        data: { dbOwnerUser: owner, dbOwnerPasswordEncrypted: reference },
      });
      const changes = changesBetween({ dbOwnerUser: null }, { dbOwnerUser: owner });
      await recordOperation(
        { ...tools, central: transaction },
        { action: 'tenant.separate_owner', entityType: 'Tenant', entityId: tenantKey, changes },
        tenantKey,
      );
    });
    await tools.invalidate(tenantKey);
    return { ...directAddress(tenant), database: dbName, user: owner, password };
  });
}
