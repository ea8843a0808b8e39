import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { startApi } from './api-process.ts';
import type { Bench } from './bench-context.ts';
import type { Comparison } from './comparison.ts';
import type { BenchTenant } from './fleet.ts';
import type { Arm } from './load.ts';
import { compareLoads, ratioOf } from './load-rounds.ts';
import { customersRequest, dealsRequest, pageRequest } from './requests.ts';
import { withServers } from './with-servers.ts';

/** As many as a busy company has after some years. */
const rowsPerTable = 10_000;

/** The cost of the lists of a sales person's screens, against the page of users. */
export async function compareCrmPages({ fleet, scale }: Bench): Promise<Comparison[]> {
  const tenant = fleet.tenant(0);
  await addRows(tenant);
  return withServers([startApi(fleet)], async ([server]) => {
    const arm = (name: string, request: typeof pageRequest): Arm => ({
      name,
      server,
      requests: [request(tenant.token)],
    });
    const users = arm('users with department and role', pageRequest);
    const customers = arm('customers with owner', customersRequest);
    const deals = arm('deals with customer, stage and owner', dealsRequest);
    return [
      await compareLoads({
        ...scale,
        title: `Pages of 20 of ${rowsPerTable} customers and deals, no cache: against the page of users`,
        arms: [users, customers, deals],
        ratios: [ratioOf(customers, users), ratioOf(deals, users)],
      }),
    ];
  });
}

/** Adds customers and deals, each of which belongs to one of the users. */
function addRows({ databaseUrl }: BenchTenant): Promise<unknown> {
  return withConnection(parseDatasourceUrl(databaseUrl), (client) =>
    client.query(`
      WITH owners AS (SELECT array_agg(id) AS ids FROM sys.users),
      stages AS (SELECT array_agg(id) AS ids FROM crm.stages WHERE outcome = 'OPEN'),
      customers AS (
        INSERT INTO crm.customers (id, code, name, phone, owner_id, created_at, updated_at)
        SELECT gen_random_uuid(), 'bench-' || n, 'Customer ' || n, '02-0000-' || n,
          ids[1 + n % cardinality(ids)], at, at
        FROM owners, generate_series(1, ${rowsPerTable}) AS n,
          LATERAL (SELECT date_trunc('milliseconds', now()) - n * interval '1 minute' AS at) AS moment
        RETURNING id, name, owner_id, created_at
      )
      INSERT INTO crm.deals (id, title, customer_id, owner_id, stage_id, amount, expected_close_on, created_at, updated_at)
      SELECT gen_random_uuid(), 'Deal with ' || name, customers.id, owner_id,
        ids[1 + abs(hashtext(name)) % cardinality(ids)], abs(hashtext(name)), current_date, created_at, created_at
      FROM customers, stages;
      ANALYZE`),
  );
}
