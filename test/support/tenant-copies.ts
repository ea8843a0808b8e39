import pg from 'pg';
import { applicationSecret, tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerDatasource, ownerSecret } from '../../src/tenancy/tenant-owner.ts';
import type { DatabaseServer } from './database-server.ts';
import type { TestFleet } from './fleet.ts';
import { remarkDatabase } from './tenant-marker.ts';

/** Copies one tenant into many, far faster than provisioning. */
export interface TenantCopies {
  /**
   * Copies the tenant under a new key. In text, its rows name the copy where they named the original. All
   * copies have the same roles, so that nothing but the right address keeps a client out of a wrong one.
   */
  copy(tenantKey: string): Promise<void>;
  /** Removes the copies: the fleet only removes what was provisioned. */
  remove(): Promise<void>;
}

/** Prepares to copy a tenant, to whose database nobody may be connected. */
export async function copyTenant(
  { tools, placeFor }: TestFleet,
  server: DatabaseServer,
  originalKey: string,
): Promise<TenantCopies> {
  const { central, secrets, tenantAdminDatasource } = tools;
  const { escapeIdentifier, escapeLiteral } = pg;
  const original = await central.tenant.findUniqueOrThrow({ where: { tenantKey: originalKey } });
  const owner = await ownerDatasource(original, secrets);
  if (!owner) throw new Error(`Tenant ${originalKey} has no owner.`);
  const { password } = await tenantDatasource(original, secrets);
  const copies: { tenantKey: string; dbName: string }[] = [];

  return {
    async copy(tenantKey) {
      const { dbName } = placeFor(tenantKey);
      copies.push({ tenantKey, dbName });
      await server.run(
        `CREATE DATABASE ${escapeIdentifier(dbName)} OWNER ${escapeIdentifier(owner.user)}
         TEMPLATE ${escapeIdentifier(original.dbName)}`,
      );
      const rename = (column: string) =>
        `${column} = replace(${column}, ${escapeLiteral(originalKey)}, ${escapeLiteral(tenantKey)})`;
      const connection = new pg.Client({ ...tenantAdminDatasource, database: dbName });
      await connection.connect();
      try {
        await connection.query(
          `UPDATE sys.users SET ${['username', 'email', 'full_name'].map(rename).join(', ')};
           UPDATE sys.departments SET ${['name', 'description'].map(rename).join(', ')};
           UPDATE sys.roles SET ${rename('name')}`,
        );
      } finally {
        await connection.end();
      }
      const { id: _id, ...columns } = original;
      const { id } = await central.tenant.create({
        data: {
          ...columns,
          tenantKey,
          dbName,
          dbPasswordEncrypted: await secrets.write(applicationSecret(tenantKey), password),
          dbOwnerPasswordEncrypted: await secrets.write(ownerSecret(tenantKey), owner.password),
        },
      });
      await remarkDatabase({ ...owner, database: dbName }, { id, tenantKey });
    },
    async remove() {
      await Promise.all(
        copies.map(async ({ tenantKey, dbName }) => {
          await server.run(`DROP DATABASE IF EXISTS ${escapeIdentifier(dbName)} WITH (FORCE)`);
          await central.tenant.deleteMany({ where: { tenantKey } });
        }),
      );
    },
  };
}
