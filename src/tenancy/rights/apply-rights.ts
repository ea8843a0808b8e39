import { keepMigrationsOut } from '@cxg/prisma-schema-engine';
import type { Datasource } from '../../config/datasource.ts';
import { grantToApplication } from '../../db/application-privileges.ts';
import { withConnection } from '../../db/with-connection.ts';
import { reconcileHolidays } from './reconcile-holidays.ts';
import { reconcileRights } from './reconcile-rights.ts';

/**
 * Gives the application's role what it may do in a tenant's database, and the tenant's people what this version can
 * permit. To be run after each migration; run again, it changes nothing.
 * @returns whether permissions or system roles were missing.
 */
export function applyRights(owner: Datasource, application: string): Promise<boolean> {
  return withConnection(owner, async (client) => {
    await keepMigrationsOut(client);
    await grantToApplication(client, application);
    await client.query('BEGIN');
    const run = async (text: string, values: readonly string[]) =>
      (await client.query(text, [...values])).rowCount ?? 0;
    const changed = await reconcileRights(run);
    await reconcileHolidays(run, new Date().getUTCFullYear());
    await client.query('COMMIT');
    return changed;
  });
}
