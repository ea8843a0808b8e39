import { changesBetween } from '../audit/audit-entry.ts';
import { type Datasource, serverOf } from '../config/datasource.ts';
import { findUnadministeredRoles } from '../db/administrator-rights.ts';
import { ignoreNamesOf, withdrawOwnEntries } from '../db/database-entry.ts';
import {
  closeLargeObjects,
  closeMaintenanceDatabases,
  closePublicSchema,
  closingPublicSchema,
  mayCreateInPublic,
  mayMakeLargeObjects,
} from '../db/public-privileges.ts';
import { readStanding, withdrawOwnMemberships } from '../db/role-membership.ts';
import { administrative, withConnection } from '../db/with-connection.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { type RecordingTools, recordOperation } from './operator.ts';
import { type AdministrationTools, administrationOf, ownerMark } from './tenant-administration.ts';

/** The rights that a server still gives to roles though no tenant needs them, for operators: one sentence each. */
export interface ServerReport {
  /** `host:port` */
  readonly server: string;
  readonly remarks: readonly string[];
}

/** The dependencies of limiting what roles may do. */
export interface LimitTools extends RecordingTools, AdministrationTools {}

const largeObjectsRemark =
  "Tenants' roles may make large objects in their databases: only a superuser can take that away.";

const publicSchemaRemark = `Tenants' roles may create tables and functions in the schema public of their databases: only a superuser can take that away, in each of them, with ${closingPublicSchema}.`;

const unadministeredRemark = (administrator: string) =>
  `The administrator ${administrator} may not change tenants' roles that it did not create, or created before an upgrade to PostgreSQL 16, so it can't rotate their passwords: the operations guide has the statement under "Another administrator".`;

/**
 * Withdraws what PostgreSQL, an earlier version or a killed process has granted the roles of a server beyond their
 * tenants' databases, as far as the administrator may, and records it. Run again, it changes nothing.
 * @returns what it may not withdraw.
 */
export async function limitServer(tools: RecordingTools, administration: Datasource): Promise<ServerReport> {
  const server = serverOf(administration);
  const closed: string[] = [];
  const found = await withConnection({ ...administrative, ...administration }, async (client) => {
    await ignoreNamesOf(client);
    return {
      memberships: await withdrawOwnMemberships(client),
      entries: await withdrawOwnEntries(client),
      open: await closeMaintenanceDatabases(client, (database) => void closed.push(database)),
    };
  });
  const { memberships, entries, open } = found;
  await recordWithdrawal(tools, null, { server, memberships: memberships.withdrawn, entries, closed });
  return {
    server,
    remarks: [
      ...(memberships.left.length > 0
        ? [
            `Only a superuser can take back the rights of tenants' roles that are left: ${memberships.left.join(', ')}.`,
          ]
        : []),
      ...(open.length > 0
        ? [
            `Tenants' roles may connect to ${open.join(', ')}: their owners decide, with REVOKE CONNECT … FROM PUBLIC.`,
          ]
        : []),
    ],
  };
}

/** Takes from the public what it needs not do in a tenant's database, if the administrator is a superuser. */
export async function limitDatabase(tools: LimitTools, tenant: TenantRow): Promise<void> {
  const { tenantKey, dbName } = tenant;
  const administration = administrationOf(tools, tenant);
  const { superuser } = await withConnection(administration, readStanding);
  if (!superuser) return;
  const largeObjects: string[] = [];
  const publicSchema: string[] = [];
  await withConnection({ ...administration, database: dbName }, async (client) => {
    await ignoreNamesOf(client);
    await closeLargeObjects(client, () => void largeObjects.push(dbName));
    await closePublicSchema(client, () => void publicSchema.push(dbName));
  });
  const server = serverOf(administration);
  await recordWithdrawal(tools, tenantKey, { server, largeObjects, publicSchema });
}

/** Finds, as the owner of a tenant's database, what the administrator can't do for it: remarks for its server's report. */
export async function remarksOnTenant(
  { tenantAdminDatasource: { user: administrator } }: LimitTools,
  tenant: TenantRow,
  owner: Datasource,
): Promise<string[]> {
  return withConnection(owner, async (client) => {
    const unadministered = await findUnadministeredRoles(client, administrator, ownerMark(tenant));
    return [
      ...((await mayMakeLargeObjects(client)) ? [largeObjectsRemark] : []),
      ...((await mayCreateInPublic(client)) ? [publicSchemaRemark] : []),
      ...(unadministered.length > 0 ? [unadministeredRemark(administrator)] : []),
    ];
  });
}

/** Records whatever was withdrawn, if anything was. */
async function recordWithdrawal(
  tools: RecordingTools,
  tenantKey: string | null,
  {
    server,
    ...withdrawn
  }: { readonly server: string } & Readonly<Record<string, string | readonly string[]>>,
): Promise<void> {
  const something = Object.entries(withdrawn).filter(([, names]) => names.length > 0);
  if (something.length === 0) return;
  const changes = {
    ...changesBetween(null, { server }),
    ...changesBetween(Object.fromEntries(something), null),
  };
  await recordOperation(
    tools,
    { action: 'server.withdraw_rights', entityType: 'Server', entityId: null, changes },
    tenantKey,
  );
}
