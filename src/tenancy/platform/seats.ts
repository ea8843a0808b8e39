import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type pg from 'pg';
import { z } from 'zod';
import type { Datasource } from '../../db/datasource.ts';
import { assertMarkedFor, type TenantIdentity } from '../../db/tenant-marker.ts';
import { withConnection } from '../../db/with-connection.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import type { TenantSecrets } from '../secrets/tenant-secrets.ts';
import { tenantDatasource } from '../tenant.ts';

/** Connections at a time, over all tenants of a list: as many as one request may cost the database servers. */
const concurrency = 8;

/** A database that has not answered by then counts as silent. */
const answerMilliseconds = 2_000;

/** When many databases are silent, the rest of a list is not asked any more: the manager waits for the page. */
const listMilliseconds = 8_000;

/**
 * Counts the active users in each tenant's own database, over connections that are closed right after: the clients
 * that serve the tenants' own requests are not pushed out for a list.
 * @param openPool opens a pool on a tenant's database, under the budget of all of them.
 * @param onSilence hears of each database that does not answer.
 * @returns the counts by tenant key, without the tenants whose database does not answer or is not there yet.
 */
export async function countSeats(
  tenants: readonly TenantRow[],
  secrets: TenantSecrets,
  onSilence: (tenantKey: string, error: unknown) => void,
): Promise<ReadonlyMap<string, number>> {
  const giveUpAt = performance.now() + listMilliseconds;
  const seats = new Map<string, number>();
  await pMap(
    tenants.filter(({ status }) => status !== 'provisioning' && status !== 'failed'),
    async (tenant) => {
      try {
        if (performance.now() > giveUpAt) throw new Error('There was no time left to ask.');
        seats.set(tenant.tenantKey, await countActiveUsers(tenant, await tenantDatasource(tenant, secrets)));
      } catch (error) {
        onSilence(tenant.tenantKey, error);
      }
    },
    { concurrency },
  );
  return seats;
}

async function countActiveUsers(tenant: TenantIdentity, datasource: Datasource): Promise<number> {
  const connection = {
    ...datasource,
    application_name: 'cxg-graphql-api',
    connectionTimeoutMillis: answerMilliseconds,
    query_timeout: answerMilliseconds,
  };
  const { rows } = await withConnection(connection, async (client) => {
    await assertMarkedFor(client, tenant);
    return client.query(
      'SELECT count(*)::int AS seats FROM sys.users WHERE is_active AND deleted_at IS NULL',
    );
  });
  return z.tuple([z.object({ seats: z.int() })]).parse(rows)[0].seats;
}
