import { changesBetween } from '../auth/audit/audit-entry.ts';
import { withdrawOwnEntries } from '../db/database-entry.ts';
import type { Datasource } from '../db/datasource.ts';
import { closeLargeObjects, closeMaintenanceDatabases } from '../db/public-privileges.ts';
import { readStanding, withdrawOwnMemberships } from '../db/role-membership.ts';
import { administrative, withConnection } from '../db/with-connection.ts';
import type { Tenant as TenantRow } from '../generated/central/client.ts';
import { type RecordingTools, recordOperation } from './operator.ts';
import { administrationOf } from './tenant-administration.ts';

/** The rights that a server still gives to roles though no tenant needs them, for operators: one sentence each. */
export interface ServerReport {
  /** `host:port` */
  readonly server: string;
  readonly remarks: readonly string[];
}

/** The dependencies of limiting what roles may do. */
export interface LimitTools extends RecordingTools {
  /** A connection whose user may change the tenants' roles. */
  readonly tenantAdminDatasource: Datasource;
}

/** The remark on a server where tenants' roles may make large objects. */
export const largeObjectsRemark =
  "Tenants' roles may make large objects in their databases: only a superuser can take that away.";

/**
 * Withdraws what PostgreSQL, an earlier version or a killed process has granted the roles of a server beyond their
 * tenants' databases, as far as the administrator may, and records it. Run again, it changes nothing.
 * @returns what it may not withdraw.
 */
export async function limitServer(tools: RecordingTools, administration: Datasource): Promise<ServerReport> {
  const server = serverOf(administration);
  const closed: string[] = [];
  const found = await withConnection({ ...administrative, ...administration }, async (client) => ({
    memberships: await withdrawOwnMemberships(client),
    entries: await withdrawOwnEntries(client),
    open: await closeMaintenanceDatabases(client, (database) => void closed.push(database)),
  }));
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

/** Keeps the public from making large objects in a tenant's database, if the administrator is a superuser. */
export async function limitDatabase(tools: LimitTools, tenant: TenantRow): Promise<void> {
  const { tenantKey, dbName } = tenant;
  const administration = administrationOf(tools.tenantAdminDatasource, tenant);
  const { superuser } = await withConnection(administration, readStanding);
  if (!superuser) return;
  let closed = false;
  await withConnection({ ...administration, database: dbName }, (client) =>
    closeLargeObjects(client, () => {
      closed = true;
    }),
  );
  await recordWithdrawal(tools, tenantKey, {
    server: serverOf(administration),
    largeObjects: closed ? [dbName] : [],
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

/** The name by which operators know a server. */
export function serverOf({ host, port }: Pick<Datasource, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
