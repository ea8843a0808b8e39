import { afterAll, beforeAll, expect, it } from 'vitest';
import { withConnection } from '../../src/db/with-connection.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { areas } from '../support/tenant-areas.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await createTestFleet();
  await fleet.provision('same01');
  await provisionTenant(fleet.tools, {
    tenantKey: 'real01',
    companyName: 'Company real01',
    adminPassword: testPassword,
    maxUsers: 10_000,
    ...fleet.placeFor('real01'),
  });
});
afterAll(() => fleet.close());

/** The owners and privileges of all objects, from the system catalogs. */
const catalogues = [
  `SELECT datname, pg_get_userbyid(datdba), datacl::text, datallowconn, datistemplate, datconnlimit
   FROM pg_database WHERE datname = current_database()`,
  `SELECT nspname, pg_get_userbyid(nspowner), nspacl::text FROM pg_namespace
   WHERE nspname !~ '^pg_(toast|temp)' ORDER BY 1`,
  `SELECT relnamespace::regnamespace, relname, relkind, pg_get_userbyid(relowner), relacl::text FROM pg_class
   WHERE relnamespace::regnamespace::text IN (${areas}, 'public') ORDER BY 1, 2`,
  `SELECT oid::regprocedure::text, pg_get_userbyid(proowner), proacl::text, proconfig, prosecdef FROM pg_proc
   WHERE pronamespace::regnamespace::text IN (${areas}, 'public') OR proacl IS NOT NULL ORDER BY 1`,
  `SELECT pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype, defaclacl::text
   FROM pg_default_acl ORDER BY 1, 2, 3`,
  `SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2`,
  `SELECT typname, pg_get_userbyid(typowner), typacl::text FROM pg_type
   WHERE typnamespace::regnamespace::text IN (${areas}, 'public') ORDER BY 1`,
  `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
     rolconnlimit, rolconfig, regexp_replace(shobj_description(oid, 'pg_authid'), '[0-9a-f-]{36}', 'registration') AS mark
   FROM pg_roles WHERE starts_with(rolname, current_database()) ORDER BY 1`,
  `SELECT setrole::regrole::text, setconfig FROM pg_db_role_setting JOIN pg_database AS place ON place.oid = setdatabase
   WHERE datname = current_database() ORDER BY 1`,
  `SELECT migration_name, checksum, applied_steps_count, finished_at IS NOT NULL, rolled_back_at
   FROM public._prisma_migrations ORDER BY 1`,
  `SELECT count(*)::int FROM sys.data_versions`,
  `SELECT tenant_key FROM sys.tenant_marker`,
];

async function describeDatabase(tenantKey: string): Promise<string[]> {
  const { dbName } = fleet.placeFor(tenantKey);
  const administration = { ...fleet.tools.tenantAdminDatasource, database: dbName };
  const found = await withConnection(administration, async (client) => {
    const results: string[] = [];
    for (const statement of catalogues) {
      for (const row of (await client.query({ text: statement, rowMode: 'array' })).rows) {
        results.push(JSON.stringify(row).replaceAll(tenantKey, 'tenant'));
      }
    }
    return results;
  });
  return found;
}

async function describeRecord(tenantKey: string): Promise<unknown> {
  const {
    createdAt,
    updatedAt,
    id,
    registrationId,
    dbPasswordEncrypted,
    dbOwnerPasswordEncrypted,
    ...record
  } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const configs = await fleet.tools.central.tenantConfig.findMany({ where: { tenantId: id } });
  return JSON.stringify([record, configs.map(({ configKey }) => configKey)]).replaceAll(tenantKey, 'tenant');
}

it('tenants that tests make from a template have the same owners and rights as those that are provisioned', async () => {
  const real = await describeDatabase('real01');
  expect(real.length).toBeGreaterThan(100);
  expect(await describeDatabase('same01')).toEqual(real);
});

it('their records are the same', async () => {
  expect(await describeRecord('same01')).toEqual(await describeRecord('real01'));
});
