import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyPassword } from '../../src/auth/password.ts';
import { isPublishedPassword, samplePassword } from '../../src/auth/published-passwords.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { moveTenant } from '../../src/tenancy/move/move-tenant.ts';
import { provisionTenant, removeUnfinishedTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import type { ProvisioningTools } from '../../src/tenancy/provisioning/provisioning-tools.ts';
import { reencryptCredentials } from '../../src/tenancy/reencryption/reencrypt-credentials.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

const name = '김 운영';

let fleet: TestFleet;
let tools: ProvisioningTools;
let beta: TestTenant;
let manager: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  tools = { ...fleet.tools, operator: { kind: 'script', name } };
  // A rotation waits until nobody uses the old role, so the test must not use it either.
  await fleet.provision('acme01').then(({ db }) => db.$disconnect());
  beta = await fleet.provision('beta02', { maxUsers: 20 });
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(() => fleet.close());

const script = (file: string, args: readonly string[], environment: Record<string, string> = {}) =>
  runScript(`scripts/${file}.ts`, args, { ...fleet.environment, ...environment });

/** The central log's records of an action on a tenant, oldest first. */
async function recordsOf(action: string, tenantKey: string) {
  const records = await fleet.tools.central.auditRecord.findMany({
    where: { action, tenantKey },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return records.map(({ changes, managerUsername }) => ({ changes, managerUsername }));
}
const named = { operator: { before: null, after: name } };
const byOperator = (changes: object = {}) => ({ managerUsername: null, changes: { ...changes, ...named } });
const stage = (after: string) => ({ stage: { before: null, after } });

describe('what an operator does is in the central audit log, with their name:', () => {
  const place = (tenantKey: string) => ({
    tenantKey,
    companyName: 'Some Company',
    ...fleet.placeFor(tenantKey),
  });

  it('a tenant that is provisioned', async () => {
    await provisionTenant(tools, place('made1'));
    await provisionTenant(tools, place('made1'));
    expect(await recordsOf('tenant.provision', 'made1')).toMatchObject([
      byOperator({ companyName: { before: null, after: 'Some Company' } }),
    ]);
    expect(await recordsOf('tenant.finish_provisioning', 'made1')).toMatchObject([
      byOperator({ status: { before: 'provisioning', after: 'active' } }),
    ]);
  });

  it('one that fails, is taken up again, and is cleaned up', async () => {
    const refused = { ...place('broken1'), dbName: 'postgres' };
    await expect(provisionTenant(tools, refused)).rejects.toThrow('create-database failed');
    await expect(provisionTenant(tools, refused)).rejects.toThrow('create-database failed');
    await removeUnfinishedTenant(tools, 'broken1');
    expect(await recordsOf('tenant.fail_provisioning', 'broken1')).toMatchObject([
      byOperator({ statusReason: { after: expect.stringContaining('create-database') } }),
      byOperator(),
    ]);
    expect(await recordsOf('tenant.resume_provisioning', 'broken1')).toMatchObject([byOperator()]);
    expect(await recordsOf('tenant.remove_unfinished', 'broken1')).toMatchObject([
      byOperator(stage('begun')),
      byOperator(stage('done')),
    ]);
  });

  it('a rotation, at its beginning, where it changes the tenant’s row, and at its end', async () => {
    const { from, to } = await rotateCredentials(tools, 'acme01', {
      purpose: 'application',
      graceSeconds: 0,
      drainSeconds: 15,
    });
    const change = { role: { before: from, after: to }, purpose: { before: null, after: 'application' } };
    expect(await recordsOf('tenant.rotate_credentials', 'acme01')).toMatchObject(
      ['begun', 'stored', 'done'].map((how) => byOperator({ ...stage(how), ...change })),
    );
  }, 30_000);

  it('a marker that a migration has found missing, and nothing where there is one', async () => {
    const options = { engine: 'wasm', concurrency: 1, tenantKeys: ['beta02'], dryRun: false } as const;
    await beta.runAsOwner('DELETE FROM sys.tenant_marker');
    expect(await migrateFleet(tools, options)).toMatchObject([{ status: 'migrated' }]);
    expect(await migrateFleet(tools, options)).toMatchObject([{ status: 'up-to-date' }]);
    expect(await recordsOf('tenant.mark_database', 'beta02')).toMatchObject([
      byOperator({ ...stage('begun'), marker: { before: null, after: expect.stringContaining('beta02') } }),
      byOperator(stage('done')),
    ]);
  });

  it('a rotation that fails, and who went on with it', async () => {
    const options = { purpose: 'owner', graceSeconds: 0, drainSeconds: 0 } as const;
    const failing = rotateCredentials(tools, 'beta02', options, (step) => {
      if (step === 'verify') throw new Error('the server has gone');
    });
    await expect(failing).rejects.toThrow('the server has gone');
    const other = { operator: { before: null, after: 'Somebody Else' } };
    await rotateCredentials(
      { ...fleet.tools, operator: { kind: 'script', name: 'Somebody Else' } },
      'beta02',
      options,
    );
    const records = await recordsOf('tenant.rotate_credentials', 'beta02');
    expect(records.map(({ changes }) => changes)).toMatchObject([
      { ...stage('begun'), ...named },
      { ...stage('failed'), error: { before: null, after: 'the server has gone' }, ...named },
      { ...stage('resumed'), ...other },
      { ...stage('stored'), ...other },
      { ...stage('done'), ...other },
    ]);
  });

  it('a move, and none that changes nothing', async () => {
    const { dbHost } = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey: 'acme01' } });
    await moveTenant(tools, 'acme01', { dbHost: 'localhost' });
    await moveTenant(tools, 'acme01', { dbHost: 'localhost' });
    await moveTenant(tools, 'acme01', { dbHost });
    expect(await recordsOf('tenant.move_database', 'acme01')).toMatchObject([
      byOperator({ dbHost: { before: dbHost, after: 'localhost' }, proof: { after: 'marker' } }),
      byOperator({ dbHost: { before: 'localhost', after: dbHost } }),
    ]);
  });

  it('secrets that are stored anew, and nothing of a dry run', async () => {
    const options = { tenantKeys: ['acme01'], to: null, dryRun: true, batchSize: 1, concurrency: 1 };
    const outdated = {
      ...tools,
      secrets: { ...tools.secrets, sealingKeyId: 'another', writeTo: tools.secrets.writeTo },
    };
    expect(await reencryptCredentials(outdated, options)).toMatchObject({ changed: 3 });
    expect(await recordsOf('tenant.reencrypt_credentials', 'acme01')).toEqual([]);
    await reencryptCredentials(outdated, { ...options, dryRun: false });
    expect(await recordsOf('tenant.reencrypt_credentials', 'acme01')).toMatchObject([
      byOperator({ application: {}, owner: {}, administrator: {} }),
    ]);
  });

  it('migrations that are applied, and nothing when there is none', async () => {
    const options = { engine: 'wasm', concurrency: 1, tenantKeys: ['acme01'], dryRun: false } as const;
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'acme01' },
      data: { schemaVersion: '20260101000000_older' },
    });
    await migrateFleet(tools, options);
    await migrateFleet(tools, options);
    expect(await recordsOf('tenant.record_schema_version', 'acme01')).toMatchObject([
      byOperator({ schemaVersion: { before: '20260101000000_older' } }),
    ]);
    expect(await recordsOf('tenant.migrate_database', 'acme01')).toEqual([]);
  });

  it('and a manager’s job under the manager’s own', async () => {
    const tenantKey = `jobbed_${fleet.placeFor('x').dbName.split('_').at(-1)}`;
    const { codes } = await fleet.graphql(
      'mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { job { uuid } } }',
      { token: manager, variables: { input: { tenantKey, companyName: 'Asked For' } } },
    );
    expect(codes).toEqual([]);
    await fleet.app.provisioning.work();
    for (const action of ['tenant.provision', 'tenant.finish_provisioning']) {
      expect({ action, records: await recordsOf(action, tenantKey) }).toMatchObject({
        action,
        records: [{ managerUsername: 'operator' }],
      });
    }
  });

  it('as managers see it', async () => {
    const { data, errors } = await fleet.graphql(
      '{ managerAuditLog(tenantKey: "acme01", actions: TENANT_MOVE_DATABASE) { edges { node { operator managerUsername manager { id } } } } }',
      { token: manager },
    );
    expect(errors).toEqual([]);
    expect(data.managerAuditLog.edges[0].node).toEqual({
      operator: name,
      managerUsername: null,
      manager: null,
    });
  });
});

describe('in production', { timeout: 60_000 }, () => {
  const production = { ENVIRONMENT: 'production' };
  const seed = ['--tenant-key', 'beta02', '--users', '60', '--json'];

  it('sample data is refused without --allow-production, and so is an environment that is none', async () => {
    const before = await beta.db.user.count();
    const [refused, unknown] = await Promise.all([
      script('seed-data', seed, production),
      script('seed-data', seed, { ENVIRONMENT: 'Production' }),
    ]);
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout).error).toContain('--allow-production');
    expect(unknown.exitCode).toBe(1);
    expect(JSON.parse(unknown.stdout).error).toContain('ENVIRONMENT');
    expect(await beta.db.user.count()).toBe(before);
    expect(await recordsOf('tenant.seed_sample_data', 'beta02')).toEqual([]);
  });

  it('sample users get passwords of their own, no more are active than there are seats, and both logs tell', async () => {
    const { exitCode, stdout, stderr } = await script(
      'seed-data',
      [...seed, '--allow-production', '--show-passwords', '--operator', name],
      production,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { added, passwords } = JSON.parse(stdout);
    expect(added.users).toBe(60);
    const users = await beta.db.user.findMany({
      where: { username: { not: 'admin' } },
      omit: { passwordHash: false },
    });
    expect(await beta.db.user.count({ where: { isActive: true, deletedAt: null } })).toBe(20);
    expect(new Set(users.map(({ passwordHash }) => passwordHash)).size).toBe(60);
    expect(users.every((user) => user.mustChangePassword && user.passwordExpiresAt !== null)).toBe(true);
    expect(await verifyPassword(users[0]?.passwordHash ?? '', samplePassword)).toBe(false);
    const [[username, password] = ['', '']] = Object.entries<string>(passwords);
    expect(Object.keys(passwords)).toHaveLength(19);
    await expect(fleet.signIn('beta02', username, password)).rejects.toThrow('can be used only once');
    await expect(fleet.signIn('beta02', username, password, testPassword)).resolves.toBeDefined();
    expect(
      await beta.db.auditRecord.findMany({ where: { action: 'tenant.seed_sample_data' } }),
    ).toMatchObject([{ entityType: 'Tenant', changes: { users: { after: 60 }, ...named } }]);
    const records = await recordsOf('tenant.seed_sample_data', 'beta02');
    expect(records).toMatchObject([
      byOperator(stage('begun')),
      byOperator({ ...stage('done'), users: { before: null, after: 60 } }),
    ]);
    expect(JSON.stringify(records)).not.toContain(password);
  });

  it('no account is made with a password that the documentation shows', async () => {
    expect(isPublishedPassword(testPassword)).toBe(true);
    const careful = { ...tools, production: true };
    await expect(
      provisionTenant(careful, {
        tenantKey: 'shown1',
        companyName: 'Shown',
        adminPassword: testPassword,
        ...fleet.placeFor('shown1'),
      }),
    ).rejects.toThrow('an example from the documentation');
    const app = fleet.startApp(production);
    const asked = await app.graphql(
      'mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { job { uuid } } }',
      {
        token: manager,
        variables: { input: { tenantKey: 'shown1', companyName: 'Shown', adminPassword: testPassword } },
      },
    );
    expect(asked.errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['input', 'adminPassword'] }],
    });
    const [created, dev] = await Promise.all([
      script(
        'create-manager',
        ['--username', 'shown', '--email', 'shown@example.com', '--full-name', 'Shown'],
        { ...production, MANAGER_PASSWORD: testPassword },
      ),
      script('dev', [], production),
    ]);
    expect(created).toMatchObject({ exitCode: 1, stdout: '' });
    expect(created.stderr).toContain('an example from the documentation');
    expect(dev.exitCode).toBe(1);
    expect(dev.stderr).toContain('ENVIRONMENT is production');
    expect(await fleet.tools.central.tenant.count({ where: { tenantKey: 'shown1' } })).toBe(0);
    expect(await fleet.tools.central.manager.count({ where: { username: 'shown' } })).toBe(0);
  });
});
