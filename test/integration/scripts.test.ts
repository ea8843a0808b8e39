import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmptyDatabase } from '../support/databases.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await createTestFleet();
});
afterAll(() => fleet.close());

const script = (
  name: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  input?: string,
) => runScript(`scripts/${name}.ts`, args, { ...fleet.environment, ...environment }, input);

const place = (tenantKey: string) => {
  const { dbName, dbUser } = fleet.placeFor(tenantKey);
  return ['--db-name', dbName, '--db-user', dbUser];
};

describe('the scripts', { timeout: 60_000 }, () => {
  it('provision a tenant step by step, and show no password that was not asked for', async () => {
    const args = [
      '--tenant-key',
      'scripted1',
      '--company-name',
      'Scripted "Company" 주식회사',
      ...place('scripted1'),
    ];
    const first = await script('provision-tenant', args);
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toContain('7/7 activate');
    expect(first.stdout).toContain('is in service');
    const shown = await script('provision-tenant', [...args, '--show-password', '--json']);
    const { outcome, administrator, ...rest } = JSON.parse(shown.stdout);
    expect(outcome).toBe('unchanged');
    expect(rest).toMatchObject({ companyName: 'Scripted "Company" 주식회사', status: 'active' });
    expect(first.stdout).not.toContain(administrator.password);
    await expect(fleet.signIn('scripted1', administrator.username, administrator.password)).rejects.toThrow(
      'This password can be used only once',
    );
    await expect(
      fleet.signIn('scripted1', administrator.username, administrator.password, testPassword),
    ).resolves.toBeDefined();
    const again = await script('provision-tenant', args);
    expect(again.stdout).toBe(
      'Tenant scripted1 (Scripted "Company" 주식회사) already exists and is active; nothing was changed.\nIts first administrator is admin.\n',
    );
  });

  it('tell a wrong flag as JSON with --json, and in one line without', async () => {
    const wrong = ['--concurrency', '0'];
    const [asJson, asText] = await Promise.all([
      script('migrate-all-tenants', [...wrong, '--json']),
      script('migrate-all-tenants', wrong),
    ]);
    const error = "Option '--concurrency <count>' argument '0' is invalid. Use a whole number from 1 to 64.";
    expect({ ...asJson, stdout: JSON.parse(asJson.stdout) }).toMatchObject({
      exitCode: 1,
      stderr: '',
      stdout: { error },
    });
    expect(asText).toMatchObject({ exitCode: 1, stdout: '', stderr: `migrate-all-tenants: ${error}\n` });
  });

  it('say what to do about a central database that is not migrated, or not there', async () => {
    const empty = await createEmptyDatabase();
    const [unmigrated, absent] = await Promise.all([
      script('migrate-all-tenants', [], { CENTRAL_ADMIN_DATABASE_URL: empty.url }),
      script('seed-data', ['--tenant-key', 'acme01'], {
        CENTRAL_ADMIN_DATABASE_URL: 'postgresql://who:hunter2@127.0.0.1:1/central',
      }),
    ]);
    await empty.drop();
    expect(unmigrated.stderr).toMatch(
      /^migrate-all-tenants: .* apply its migrations with "npm run migrate:central"\.\n$/,
    );
    expect(absent.stderr).toBe(
      "seed-data: The database of CENTRAL_ADMIN_DATABASE_URL can't be used: Can't reach database server at 127.0.0.1:1\n",
    );
  });

  it('take passwords from standard input and from the environment', async () => {
    const viaInput = await script(
      'provision-tenant',
      ['--tenant-key', 'piped1', '--company-name', 'Piped', '--passwords-stdin', ...place('piped1')],
      {},
      JSON.stringify({ adminPassword: testPassword }),
    );
    expect(viaInput.exitCode).toBe(0);
    await expect(fleet.signIn('piped1')).resolves.toBeDefined();
    const viaEnvironment = await script(
      'provision-tenant',
      ['--tenant-key', 'envied1', '--company-name', 'Envied', ...place('envied1')],
      { ADMIN_PASSWORD: testPassword },
    );
    expect(viaEnvironment.exitCode).toBe(0);
    await expect(fleet.signIn('envied1')).resolves.toBeDefined();
  });

  it.each([
    [['--tenant-key', `acme'; DROP TABLE tenants; --`, '--company-name', 'X'], /--tenant-key: Use 3 to 31/],
    [
      ['--tenant-key', 'flawed1', '--db-password', 'short'],
      /--company-name is missing. --db-password: Use at least 12/,
    ],
    [['--colour', 'red'], /^provision-tenant: Unknown option '--colour'\.\n$/],
    [['--company-name', 'Nameless'], /^provision-tenant: --tenant-key is missing\.\n$/],
  ])('refuse %j with one clear sentence', async (args, complaint) => {
    const { exitCode, stderr, stdout } = await script('provision-tenant', args);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(complaint);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(stdout).toBe('');
  });

  it('say what is missing from the environment', async () => {
    const { exitCode, stderr } = await runScript('scripts/migrate-all-tenants.ts', [], {});
    expect(exitCode).toBe(1);
    expect(stderr).toContain('CENTRAL_ADMIN_DATABASE_URL is missing');
  });

  it('say that the central database is out of reach, without its password', async () => {
    const url = 'postgresql://someone:hunter2@127.0.0.1:1/central';
    const { exitCode, stderr } = await script('migrate-all-tenants', [], { CENTRAL_ADMIN_DATABASE_URL: url });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Can't reach database server at 127.0.0.1:1");
    expect(stderr).not.toContain('hunter2');
  });

  it.each(['provision-tenant', 'migrate-central', 'dev'])('explain themselves: %s', async (name) => {
    const { exitCode, stdout } = await script(name, ['--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: ${name}`);
    expect(stdout).toContain('--json');
  });
});

describe('seed-data', { timeout: 60_000 }, () => {
  it('writes the people of its seed, says how many, and refuses a tenant that does not exist', async () => {
    await fleet.provision('seeded1');
    const seed = (tenantKey: string) =>
      script('seed-data', ['--tenant-key', tenantKey, '--users', '12', '--seed', '7', '--json']);
    const [written, refused] = await Promise.all([seed(' Seeded1 '), seed('nobody1')]);
    const other = await script('seed-data', ['--tenant-key', 'seeded1', '--users', '2', '--seed', '8']);
    expect(JSON.parse(written.stdout).tenantKey).toBe('seeded1');
    expect(JSON.parse(written.stdout).added).toMatchObject({
      departments: 6,
      branches: 2,
      roles: 4,
      users: 12,
    });
    expect(other.stdout).toMatch(
      /^Tenant seeded1: added 0 departments, .*\d+ users, 30 customers, .* leave requests, \d+ attendance records/,
    );
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toEqual({ error: 'There is no active tenant nobody1.' });
  });
});

describe('migrate-all-tenants', { timeout: 60_000 }, () => {
  it('exits with 1 and names the tenant that failed', async () => {
    await fleet.provision('sound1');
    const { runAsOwner } = await fleet.provision('unsound1');
    await runAsOwner('UPDATE public._prisma_migrations SET finished_at = NULL');
    const [table, json] = await Promise.all([
      script('migrate-all-tenants', ['--tenant-key', 'sound1', '--tenant-key', 'unsound1']),
      script('migrate-all-tenants', ['--tenant-key', 'sound1', '--json']),
    ]);
    expect(table.exitCode).toBe(1);
    expect(table.stdout).toMatch(/unsound1 +failed .*failed migrations/);
    expect(table.stdout).toMatch(/sound1 +up-to-date/);
    expect(table.stdout).toContain('2 tenants: 0 migrated, 1 up to date, 1 failed.');
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.stdout)).toMatchObject({
      total: 1,
      failed: 0,
      tenants: [{ tenantKey: 'sound1', status: 'up-to-date' }],
    });
  });

  it('refuses an engine that does not exist', async () => {
    const { exitCode, stderr } = await script('migrate-all-tenants', ['--engine', 'steam']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'migrate-all-tenants: --engine must be wasm or cli.\n',
    });
  });
});
