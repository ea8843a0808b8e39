import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Datasource, datasourceUrl, parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.ts';
import { runScript } from '../support/run-script.ts';

const password = 'a-password-for-tests';

let server: OwnPostgres;
let superuser: Datasource;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startOwnPostgres();
  superuser = parseDatasourceUrl(server.superuserUrl);
  const url = (user: string, database: string) => datasourceUrl({ ...superuser, user, password, database });
  environment = {
    CENTRAL_MIGRATION_DATABASE_URL: url('cxg_owner', 'central_admin'),
    CENTRAL_ADMIN_DATABASE_URL: url('cxg', 'central_admin'),
    TENANT_ADMIN_DATABASE_URL: url('cxg_tenants', 'postgres'),
    CREDENTIALS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    SECRET_KEY: randomBytes(48).toString('base64'),
  };
});
afterAll(() => server.remove());

/** The statements of the first SQL block of a section. */
async function statementsOf(section: string): Promise<string[]> {
  const guide = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, text = ''] = guide.split(`\n### ${section}\n`);
  const [, block = ''] = /```sql\n([^`]+)```/.exec(text) ?? [];
  return block
    .replaceAll(/--.*$/gm, '')
    .replaceAll('…', password)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

const json = async (file: string, ...args: string[]) => {
  const { exitCode, stdout, stderr } = await runScript(file, [...args, '--json'], environment);
  expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
};

describe("the operations guide's statements, run by an administrator who is no superuser", () => {
  it('make roles with which the central database, a tenant, a migration and a rotation succeed', async () => {
    await withConnection(superuser, (client) =>
      client.query(`CREATE ROLE administrator LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`),
    );
    const statements = [
      ...(await statementsOf('Roles of the central database')),
      ...(await statementsOf('The role that creates tenants')),
    ];
    expect(statements).toHaveLength(7);
    await withConnection({ ...superuser, user: 'administrator', password }, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
    expect(await json('scripts/migrate-central.ts')).toMatchObject({
      owner: 'cxg_owner',
      application: 'cxg',
    });
    expect(
      await json('scripts/provision-tenant.ts', '--tenant-key', 'acme01', '--company-name', 'ACME'),
    ).toMatchObject({ outcome: 'provisioned' });
    expect(await json('scripts/migrate-all-tenants.ts')).toMatchObject({
      failed: 0,
      tenants: [{ tenantKey: 'acme01', status: 'up-to-date' }],
    });
    const rotated = await json('scripts/rotate-tenant-credentials.ts', '--all', '--grace-seconds', '0');
    expect(rotated.tenants).toMatchObject([{ tenantKey: 'acme01', status: 'rotated', error: null }]);
  }, 60_000);
});
