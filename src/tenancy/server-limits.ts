import type { Datasource } from '../db/datasource.ts';
import { closeLargeObjects, closeMaintenanceDatabases } from '../db/public-privileges.ts';
import { readStanding, withdrawOwnMemberships } from '../db/role-membership.ts';
import { withConnection } from '../db/with-connection.ts';

/** The rights that a server still gives to roles though no tenant needs them, for operators: one sentence each. */
export interface ServerReport {
  /** `host:port` */
  readonly server: string;
  readonly remarks: readonly string[];
}

/**
 * Withdraws what PostgreSQL or an earlier version has granted the roles of a server beyond their tenants' databases,
 * as far as the administrator may. Run again, it changes nothing.
 * @returns what it may not withdraw.
 */
export async function limitServer(administration: Datasource): Promise<ServerReport> {
  return withConnection(administration, async (client) => {
    const members = await withdrawOwnMemberships(client);
    const databases = await closeMaintenanceDatabases(client);
    const { superuser } = await readStanding(client);
    return {
      server: serverOf(administration),
      remarks: [
        ...(members.length > 0
          ? [
              `Only a superuser can take back the rights of tenants' roles that are left: ${members.join(', ')}.`,
            ]
          : []),
        ...(databases.length > 0
          ? [
              `Tenants' roles may connect to ${databases.join(', ')}: their owners decide, with REVOKE CONNECT … FROM PUBLIC.`,
            ]
          : []),
        ...(superuser
          ? []
          : [
              "Tenants' roles may make large objects in their databases: only a superuser can take that away.",
            ]),
      ],
    };
  });
}

/** Keeps the public from making large objects in a tenant's database, if the administrator is a superuser. */
export async function limitDatabase(administration: Datasource, database: string): Promise<void> {
  const { superuser } = await withConnection(administration, readStanding);
  if (superuser) await withConnection({ ...administration, database }, closeLargeObjects);
}

/** The name by which operators know a server. */
export function serverOf({ host, port }: Pick<Datasource, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
