import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Datasource, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeLargeObjects, closeMaintenanceDatabases } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { createTestFleet } from '../support/fleet.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';

/** PostgreSQL's error for a missing privilege. */
const refusal = { code: '42501' };

const password = 'a-password-for-tests';

let server: OwnPostgres;
let superuser: Datasource;

beforeAll(async () => {
  server = await startOwnPostgres();
  superuser = parseDatasourceUrl(server.superuserUrl);
  await query(
    superuser,
    `CREATE ROLE monitoring LOGIN PASSWORD '${password}';
     CREATE ROLE administrator LOGIN CREATEDB CREATEROLE PASSWORD '${password}';
     CREATE ROLE "tenant_acme01" LOGIN PASSWORD '${password}';
     COMMENT ON ROLE "tenant_acme01" IS 'cxg-graphql-api tenant acme01'`,
  );
  await query(superuser, 'CREATE DATABASE others');
});
afterAll(() => server.remove());

const query = (datasource: Datasource, statement: string) =>
  withConnection(datasource, async (client) => (await client.query(statement)).rows);

const as = (user: string, database = 'postgres'): Datasource => ({ ...superuser, user, password, database });

const access = () => query(superuser, 'SELECT datname, datacl::text FROM pg_database ORDER BY datname');

describe('closing what a server comes with', () => {
  it('is left undone, and said so, where the administrator may not', async () => {
    const before = await access();
    const open = await withConnection(as('administrator'), closeMaintenanceDatabases);
    expect(open).toEqual(['others', 'postgres', 'template1']);
    expect(await access()).toEqual(before);
    expect(await withConnection(as('administrator'), closeLargeObjects)).toBe(true);
    await expect(query(as('tenant_acme01'), 'SELECT 1')).resolves.toHaveLength(1);
  });

  it('keeps tenants out, and nobody else who is there already; what is others’ it leaves to them', async () => {
    const open = await withConnection(superuser, closeMaintenanceDatabases);
    expect(open).toEqual(['others']);
    for (const database of ['postgres', 'template1']) {
      await expect(query(as('tenant_acme01', database), 'SELECT 1')).rejects.toMatchObject(refusal);
      await query(as('monitoring', database), 'SELECT 1');
      await query(as('administrator', database), 'SELECT 1');
    }
    await query(as('monitoring', 'postgres'), 'CREATE TEMP TABLE mine (id int)');
    await query(as('tenant_acme01', 'others'), 'SELECT 1');
  });

  it('changes nothing when it was done before, by several at once too', async () => {
    const before = await access();
    await query(superuser, 'GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC');
    await Promise.all(Array.from({ length: 5 }, () => withConnection(superuser, closeMaintenanceDatabases)));
    await withConnection(superuser, closeMaintenanceDatabases);
    expect(await access()).toEqual(before);
  });

  it('takes large objects from everybody in that database', async () => {
    const others = { ...superuser, database: 'others' };
    await query(as('tenant_acme01', 'others'), 'SELECT lo_unlink(lo_create(0))');
    expect(await withConnection(others, closeLargeObjects)).toBe(false);
    await expect(query(as('tenant_acme01', 'others'), 'SELECT lo_create(0)')).rejects.toMatchObject(refusal);
    expect(await withConnection(others, closeLargeObjects)).toBe(false);
  });
});

describe('a tenant that is made on the server', () => {
  it('finds it closed, and so does one that is migrated later', async () => {
    const fleet = await createTestFleet({ TENANT_ADMIN_DATABASE_URL: server.superuserUrl });
    onTestFinished(() => fleet.close());
    const open = async () => {
      await query(superuser, 'GRANT CONNECT, TEMPORARY ON DATABASE postgres TO PUBLIC');
      await query({ ...superuser, database: 'template1' }, 'GRANT CONNECT ON DATABASE template1 TO PUBLIC');
    };
    await open();
    await fleet.provision('beta02');
    const tenant = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'beta02' } });
    const application = await tenantDatasource(tenant, fleet.tools.secrets);
    const expectClosed = async () => {
      for (const database of ['postgres', 'template1']) {
        await expect(query({ ...application, database }, 'SELECT 1')).rejects.toMatchObject(refusal);
      }
      await expect(query(application, 'SELECT lo_create(0)')).rejects.toMatchObject(refusal);
    };
    await expectClosed();

    await open();
    const ownDatabase = { ...superuser, database: tenant.dbName };
    await query(ownDatabase, 'GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC');
    const heard: unknown[] = [];
    await migrateFleet(
      fleet.tools,
      { engine: 'wasm', concurrency: 1, dryRun: false, tenantKeys: ['beta02'] },
      () => {},
      (report) => heard.push(report),
    );
    await expectClosed();
    const records = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'server.withdraw_rights' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    const closed = { closed: { before: ['postgres', 'template1'], after: null } };
    const largeObjects = { largeObjects: { before: [tenant.dbName], after: null } };
    expect(records.map(({ changes }) => changes)).toMatchObject([closed, largeObjects, closed, largeObjects]);
    expect(heard).toEqual([
      {
        server: `127.0.0.1:${server.port}`,
        remarks: [
          "Tenants' roles may connect to others: their owners decide, with REVOKE CONNECT … FROM PUBLIC.",
        ],
      },
    ]);
  });
});
