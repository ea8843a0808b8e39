import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { closeMaintenanceDatabases } from '../../src/db/public-privileges.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { deployWithCli } from '../../src/tenancy/fleet/deploy-with-cli.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { resetAdministratorPassword } from '../../src/tenancy/provisioning/administrator-password.ts';
import { provisionTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { repairFleetTimestamps } from '../../src/tenancy/timestamps/repair-fleet.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { runScript } from '../support/run-script.ts';
import { startTlsPostgres, type TlsPostgres } from '../support/tls-postgres.ts';

const migration = { tenantKeys: [], concurrency: 2, dryRun: false, engine: 'wasm' } as const;
const rotation = { purpose: 'application', graceSeconds: 0, drainSeconds: 1 } as const;

let server: TlsPostgres;
let centralOwner: Datasource;
let fleet: TestFleet;
let tenant: NamedTenant;

beforeAll(async () => {
  server = await startTlsPostgres(['hostssl all all all scram-sha-256']);
  // Done while there are roles, the grants would tie them to these databases.
  await withConnection(server.superuser, closeMaintenanceDatabases);
  fleet = await createTestFleet({ TENANT_DIRECTORY_CACHE_TTL: '1' }, datasourceUrl(server.superuser));
  const { database } = parseDatasourceUrl(fleet.configuration.centralDatabaseUrl);
  centralOwner = { ...server.superuser, database };
  tenant = await provisionNamed(fleet, 'secure1');
});
afterAll(async () => {
  await fleet.close();
  await server.stop();
});

const rowOf = (tenantKey: string) => fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

/** Counts sessions of a database that are not encrypted. */
async function countPlain(): Promise<number> {
  return withConnection(server.superuser, async (client) => {
    const { rows } = await client.query(
      `SELECT count(*)::int AS plain FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE client_addr IS NOT NULL AND NOT ssl`,
    );
    return rows[0].plain;
  });
}

describe('on a server that accepts TLS only', () => {
  it('a tenant gets the administrator’s use of TLS, and is served', async () => {
    expect(await rowOf('secure1')).toMatchObject({
      dbSslmode: 'verify-full',
      dbSslrootcert: server.caFile,
      dbSslcert: null,
    });
    await askForName(fleet.graphql, tenant);
    const health = await fleet.app.fetch(new Request('http://api.test/health/detailed'));
    expect(health.status).toBe(200);
    expect(await countPlain()).toBe(0);
  });

  it('migrations, the CLI’s too, rotations, repairs and resets find their way', async () => {
    expect(await migrateFleet(fleet.tools, migration)).toMatchObject([{ status: 'up-to-date', error: null }]);
    const owner = await ownerDatasource(await rowOf('secure1'), fleet.tools.secrets);
    if (!owner) throw new Error('The tenant has no owner.');
    expect(await deployWithCli(owner)).toEqual([]);
    await rotateCredentials(fleet.tools, 'secure1', rotation);
    await rotateCredentials(fleet.tools, 'secure1', { ...rotation, purpose: 'owner' });
    expect(
      await repairFleetTimestamps({ ...fleet.tools, centralOwner }, [], { apply: false, operator: 'me' }),
    ).toMatchObject([{ outcome: 'right' }, { outcome: 'right' }]);
  });

  it('the scripts take the settings of a new tenant, and change them', async () => {
    const tls = ['--db-sslmode', 'require', '--db-sslrootcert', server.caFile];
    const made = await runScript(
      'scripts/provision-tenant.ts',
      ['--tenant-key', 'secure2', '--company-name', 'Two', '--json', ...tls],
      fleet.environment,
    );
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(made.stdout).database).toMatchObject({
      sslmode: 'require',
      sslrootcert: server.caFile,
      sslcert: null,
    });
    await resetAdministratorPassword(fleet.tools, 'secure2', undefined, async () => {});
    const moved = await runScript(
      'scripts/move-tenant.ts',
      ['--tenant-key', 'secure2', '--db-sslmode', 'verify-full'],
      fleet.environment,
    );
    expect(moved).toMatchObject({ exitCode: 0, stderr: '' });
    expect(moved.stdout).toMatch(
      /is still at localhost:\d+\/\S+ .*\n {2}sslmode: require → verify-full\n.*old settings/,
    );
    expect(await rowOf('secure2')).toMatchObject({ dbSslmode: 'verify-full', dbSslrootcert: server.caFile });
    const wrong = await runScript(
      'scripts/move-tenant.ts',
      ['--tenant-key', 'secure2', '--db-sslmode', 'no-verify', '--db-sslrootcert', 'ca.pem'],
      fleet.environment,
    );
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.stderr).toMatch(/--db-sslmode: Use one of: disable, allow, .*verify-full\./);
    expect(wrong.stderr).toMatch(/--db-sslrootcert must be an absolute path, or system/);
  });

  it('system stands for the CAs that Node.js trusts, to which the environment adds others', async () => {
    const owner = { ...centralOwner, tls: { sslmode: 'verify-full', sslrootcert: 'system' } } as const;
    const migrate = (environment: Readonly<Record<string, string>>) =>
      runScript('scripts/migrate-central.ts', [], {
        ...fleet.environment,
        CENTRAL_MIGRATION_DATABASE_URL: datasourceUrl(owner),
        ...environment,
      });
    const [added, none] = await Promise.all([migrate({ NODE_EXTRA_CA_CERTS: server.caFile }), migrate({})]);
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toMatch(/isn't trusted .*\(see CENTRAL_MIGRATION_DATABASE_URL\)/);
  });

  it('a tenant is not moved to settings that the server refuses, or that don’t fit together', async () => {
    const move = (place: Parameters<typeof moveTenant>[2]) => moveTenant(fleet.tools, 'secure1', place);
    await expect(move({ dbSslmode: 'disable', dbSslrootcert: null })).rejects.toThrow(/no encryption/);
    await expect(move({ dbHost: '127.0.0.1' })).rejects.toThrow(/is for another host/);
    await expect(move({ dbSslmode: 'verify-ca', dbSslrootcert: null })).rejects.toThrow(
      '--db-sslrootcert is missing: --db-sslmode=verify-ca needs the file of the CA.',
    );
    await expect(move({ dbSslcert: server.caFile })).rejects.toThrow('--db-sslkey is missing');
    expect(await rowOf('secure1')).toMatchObject({ dbSslmode: 'verify-full', dbHost: 'localhost' });
  });

  it('provisioning says which step failed, and why', async () => {
    const request = { tenantKey: 'plain1', companyName: 'Plain', dbSslmode: 'disable' } as const;
    await expect(provisionTenant(fleet.tools, request)).rejects.toThrow(/Step grant failed: .*no encryption/);
    expect(await rowOf('plain1')).toMatchObject({ status: 'failed', dbSslmode: 'disable' });
  });

  it('clients hear nothing of certificates when something is wrong with them', async () => {
    const row = await rowOf('secure1');
    const missing = join(server.folder, 'missing.pem');
    await fleet.tools.central.tenant.update({ where: { id: row.id }, data: { dbSslrootcert: missing } });
    await fleet.tools.invalidate('secure1');
    const { errors } = await fleet.graphql('{ users(first: 1) { edges { cursor } } }', {
      token: tenant.token,
    });
    expect(errors).toMatchObject([{ extensions: { code: 'TENANT_UNAVAILABLE' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/missing\.pem|ssl|certificate/i);
    expect(fleet.log.join('')).toContain(`sslrootcert ${missing} can't be read: ENOENT.`);
    await fleet.tools.central.tenant.update({
      where: { id: row.id },
      data: { dbSslrootcert: row.dbSslrootcert },
    });
    await fleet.tools.invalidate('secure1');
    await vi.waitFor(() => askForName(fleet.graphql, tenant), { timeout: 10_000, interval: 200 });
  });

  it('a wrong URL of the administrator is named by its variable', async () => {
    const administrator = fleet.configuration.tenantAdminDatasource;
    const tools = { ...fleet.tools, tenantAdminDatasource: { ...administrator, password: 'wrong-password' } };
    await expect(provisionTenant(tools, { tenantKey: 'late1', companyName: 'Late' })).rejects.toThrow(
      /password authentication failed .*\(see TENANT_ADMIN_DATABASE_URL\)/,
    );
    const central = await runScript('scripts/migrate-central.ts', [], {
      ...fleet.environment,
      CENTRAL_MIGRATION_DATABASE_URL: datasourceUrl({ ...centralOwner, password: 'wrong-password' }),
    });
    expect(central.exitCode).toBe(1);
    expect(central.stderr).toMatch(/password authentication failed .*\(see CENTRAL_MIGRATION_DATABASE_URL\)/);
    expect(central.stderr).not.toContain('wrong-password');
  });
});
