import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { parseDatasourceUrl } from '../../src/config/datasource.ts';
import { withConnection } from '../../src/db/with-connection.ts';
import { resetAdministratorPassword } from '../../src/tenancy/provisioning/administrator-password.ts';
import {
  administratorConfigKey,
  readFirstAdministrator,
} from '../../src/tenancy/provisioning/first-administrator.ts';
import { forgetFirstPasswords } from '../../src/tenancy/provisioning/first-passwords.ts';
import { provisionTenant, removeUnfinishedTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import type { ProvisioningRequest } from '../../src/tenancy/provisioning/provisioning-request.ts';
import { reencryptCredentials } from '../../src/tenancy/reencryption/reencrypt-credentials.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { createTestFleet, type TestFleet, testPassword } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';
import { startVaultServer, type VaultServer } from '../support/vault-server.ts';

let vault: VaultServer;
let fleet: TestFleet;
let manager: string;

// Databases of tenants that managers request are named after them, and all test files share the server.
const run = randomUUID().slice(0, 6);
const [asked, raced] = [`asked_${run}`, `raced_${run}`];

beforeAll(async () => {
  vault = await startVaultServer();
  fleet = await createTestFleet({
    VAULT_URL: vault.url,
    VAULT_TOKEN: vault.makeToken(),
    CREDENTIALS_STORE: 'vault',
  });
  manager = (await fleet.signInManager()).accessToken;
});
afterAll(async () => {
  await fleet.close();
  await vault.close();
});

const provision = (tenantKey: string, more: Partial<ProvisioningRequest> = {}) =>
  provisionTenant(fleet.tools, {
    tenantKey,
    companyName: 'Some Company',
    ...fleet.placeFor(tenantKey),
    ...more,
  });

const tenantOf = (tenantKey: string) =>
  fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey }, include: { configs: true } });

const keptSchema = z.looseObject({ sealedPassword: z.string().nullable() });
const keptOf = async (tenantKey: string) => {
  const { configs } = await tenantOf(tenantKey);
  const config = configs.find(({ configKey }) => configKey === administratorConfigKey);
  return keptSchema.parse(config?.configValue);
};
const changeKept = async (tenantKey: string, change: object) => {
  const { id, configs } = await tenantOf(tenantKey);
  const config = configs.find(({ configKey }) => configKey === administratorConfigKey);
  if (!config) throw new Error(`Tenant ${id} has no record of its administrator.`);
  await fleet.tools.central.tenantConfig.update({
    where: { id: config.id },
    data: { configValue: JSON.parse(JSON.stringify({ ...(await keptOf(tenantKey)), ...change })) },
  });
};
const pathsOf = (tenantKey: string) =>
  [...vault.secrets.keys()].filter((path) => path.startsWith(`tenants/${tenantKey}/`));
const isInVault = (tenantKey: string) => vault.secrets.has(`tenants/${tenantKey}/administrator`);
const past = new Date(Date.now() - 1_000).toISOString();

describe('a first password', () => {
  it('is given until it was used, and kept nowhere after that', async () => {
    const { administrator } = await provision('used1');
    const password = administrator?.password ?? '';
    expect((await provision('used1')).administrator).toMatchObject({ password, passwordState: 'kept' });
    await fleet.signIn('used1', 'admin', password, testPassword);
    expect((await provision('used1')).administrator).toMatchObject({
      username: 'admin',
      password: null,
      passwordState: 'used',
    });
    expect(isInVault('used1')).toBe(false);
    expect((await keptOf('used1')).sealedPassword).toBeNull();
  });

  it('that was chosen is forgotten too, without anybody asking, and goes on opening the account', async () => {
    await provision('chosen1', { adminPassword: 'Chosen-by-1-operator' });
    await provision('unused1', { adminPassword: 'Chosen-by-1-operator' });
    await fleet.signIn('chosen1', 'admin', 'Chosen-by-1-operator');
    await forgetFirstPasswords(fleet.tools);
    expect([isInVault('chosen1'), isInVault('unused1')]).toEqual([false, true]);
    expect((await keptOf('chosen1')).sealedPassword).toBeNull();
    await expect(fleet.signIn('chosen1', 'admin', 'Chosen-by-1-operator')).resolves.toBeDefined();
  });

  it('that was used is forgotten by whatever server is up', async () => {
    await provision('served1', { adminPassword: testPassword });
    await fleet.signIn('served1');
    const { app } = fleet.startApp();
    await app.ready();
    await vi.waitFor(() => expect(isInVault('served1')).toBe(false), { timeout: 20_000, interval: 50 });
    await app.close();
  }, 30_000);

  it('that was generated before it could expire is good for 72 hours since then', async () => {
    const { db, runAsOwner } = await fleet.provision('older1');
    const createdAt = new Date('2026-01-01T00:00:00.000Z');
    const unused = { username: 'older', email: 'older@example.com', fullName: 'Older', passwordHash: 'none' };
    const { id } = await db.user.create({ data: { ...unused, createdAt, mustChangePassword: true } });
    const migration = new URL(
      '../../prisma/migrations/20261127160000_first_passwords_expire/migration.sql',
      import.meta.url,
    );
    await runAsOwner(await readFile(migration, 'utf8'));
    const users = await db.user.findMany({ where: { passwordExpiresAt: { not: null } } });
    expect(users).toMatchObject([{ id, passwordExpiresAt: new Date('2026-01-04T00:00:00.000Z') }]);
  });

  it('is kept for 72 hours at most, and one that was generated is good for as long', async () => {
    const { administrator } = await provision('late1');
    const db = await fleet.provision('late1');
    const user = await db.db.user.findFirstOrThrow({ where: { username: 'admin' } });
    expect(user.mustChangePassword).toBe(true);
    expect(Math.round((Number(user.passwordExpiresAt) - Date.now()) / 3_600_000)).toBe(72);
    await changeKept('late1', { passwordExpiresAt: past });
    await db.db.user.update({ where: { id: user.id }, data: { passwordExpiresAt: new Date(past) } });
    expect(
      await readFirstAdministrator(fleet.tools.central, fleet.tools.secrets, await tenantOf('late1')),
    ).toMatchObject({ password: null, passwordState: 'expired' });
    await forgetFirstPasswords(fleet.tools);
    expect(isInVault('late1')).toBe(false);
    await expect(fleet.signIn('late1', 'admin', administrator?.password ?? '', testPassword)).rejects.toThrow(
      'Sign-in failed',
    );
  });

  it('that was stored before its time was is as old as its tenant', async () => {
    await provision('elder1', { adminPassword: testPassword });
    await changeKept('elder1', { passwordExpiresAt: undefined, passwordIsGenerated: undefined });
    await forgetFirstPasswords(fleet.tools);
    expect(isInVault('elder1')).toBe(true);
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'elder1' },
      data: { createdAt: new Date(Date.now() - 73 * 3_600_000) },
    });
    await forgetFirstPasswords(fleet.tools);
    expect(isInVault('elder1')).toBe(false);
  });

  it('is not given while nobody can say whether it was used', async () => {
    await provision('mute1', { adminPassword: testPassword });
    const { dbPort } = await tenantOf('mute1');
    const movePort = (port: number) =>
      fleet.tools.central.tenant.update({ where: { tenantKey: 'mute1' }, data: { dbPort: port } });
    await movePort(1);
    onTestFinished(async () => void (await movePort(dbPort)));
    const failed: string[] = [];
    await forgetFirstPasswords(fleet.tools, (tenantKey) => void failed.push(tenantKey));
    expect(failed).toEqual(['mute1']);
    const { administrator } = await provisionTenant(fleet.tools, {
      tenantKey: 'mute1',
      companyName: 'Some Company',
    });
    expect(administrator).toMatchObject({ password: null, passwordState: 'unknown' });
    expect(isInVault('mute1')).toBe(true);
  });

  it('that nobody can look after, because its tenant has locked the table, holds up no other and no server that ends', async () => {
    await provision('locked1', { adminPassword: testPassword });
    await provision('served2', { adminPassword: testPassword });
    await fleet.signIn('served2');
    const locker = new pg.Client(await tenantDatasource(await tenantOf('locked1'), fleet.tools.secrets));
    await locker.connect();
    onTestFinished(() => locker.end());
    await locker.query('BEGIN; LOCK TABLE sys.users IN ACCESS EXCLUSIVE MODE');
    const { app } = fleet.startApp();
    const failed: unknown[] = [];
    const swept = forgetFirstPasswords(fleet.tools, (tenantKey) => {
      failed.push({ tenantKey, othersWait: isInVault('served2') });
    });
    const shown = provision('locked1');
    await app.ready();
    await Promise.all([swept, shown, app.close()]);
    expect(failed).toEqual([{ tenantKey: 'locked1', othersWait: false }]);
    expect((await shown).administrator).toMatchObject({ password: null, passwordState: 'unknown' });
    expect(isInVault('locked1')).toBe(true);
  }, 15_000);

  it('is forgotten when its account is gone, whoever has the name by now', async () => {
    const { db } = await fleet.provision('heir1', { adminPassword: testPassword });
    await fleet.provision('heir2', { adminPassword: testPassword });
    const heirs = async (tenantKey: string, of: typeof db) => {
      const { id, createdAt, ...account } = await of.user.findFirstOrThrow({
        where: { username: 'admin' },
        omit: { passwordHash: false },
      });
      await of.user.update({ where: { id }, data: { deletedAt: new Date() } });
      await of.user.create({ data: { ...account, email: 'heir@example.com' } });
      return (await provision(tenantKey)).administrator;
    };
    expect(await heirs('heir1', db)).toMatchObject({ password: null, passwordState: 'used' });
    expect(isInVault('heir1')).toBe(false);
    // Earlier versions have not recorded whose it is.
    await changeKept('heir2', { accountId: undefined });
    const other = await fleet.provision('heir2');
    expect(await heirs('heir2', other.db)).toMatchObject({ password: null, passwordState: 'used' });
  });

  it('that has been brought from Vault to the database is forgotten in both', async () => {
    await provision('moved1', { adminPassword: testPassword });
    const options = { tenantKeys: ['moved1'], dryRun: false, batchSize: 1, concurrency: 1 };
    await reencryptCredentials(fleet.tools, { ...options, to: 'database' });
    expect((await keptOf('moved1')).sealedPassword).toMatch(/^v2\./);
    await fleet.signIn('moved1');
    await forgetFirstPasswords(fleet.tools);
    expect((await keptOf('moved1')).sealedPassword).toBeNull();
    expect(isInVault('moved1')).toBe(false);
  });

  it('that has expired before its tenant was finished is followed by another', async () => {
    const stop = () => {
      throw new Error('cut off');
    };
    const request = { tenantKey: 'slow1', companyName: 'Slow', ...fleet.placeFor('slow1') };
    await expect(provisionTenant(fleet.tools, request, stop)).rejects.toThrow('cut off');
    const { sealedPassword } = await keptOf('slow1');
    await changeKept('slow1', { passwordExpiresAt: past });
    const { administrator } = await provisionTenant(fleet.tools, request);
    expect((await keptOf('slow1')).sealedPassword).not.toBe(sealedPassword);
    await expect(
      fleet.signIn('slow1', 'admin', administrator?.password ?? '', testPassword),
    ).resolves.toBeDefined();
  });

  it('of a setting that an earlier version has written is stored anew', async () => {
    await provision('early1', { adminPassword: testPassword });
    const options = { tenantKeys: ['early1'], dryRun: false, batchSize: 1, concurrency: 1 };
    await reencryptCredentials(fleet.tools, { ...options, to: 'database' });
    await changeKept('early1', {
      passwordIsGenerated: undefined,
      passwordExpiresAt: undefined,
      somethingElse: { of: 'a later version', large: 1e300 },
    });
    expect(await reencryptCredentials(fleet.tools, { ...options, to: 'vault' })).toMatchObject({
      overtaken: 0,
      failures: [],
    });
    const kept = await keptOf('early1');
    expect(kept.sealedPassword).toMatch(/^vault:/);
    expect(kept.somethingElse).toEqual({ of: 'a later version', large: 1e300 });
    expect(kept).not.toHaveProperty('passwordIsGenerated');
  });

  it('can be followed by another, which an operator gives and both logs tell', async () => {
    const { db } = await fleet.provision('again1');
    const operator = { kind: 'script', name: '김 운영' } as const;
    const tools = { ...fleet.tools, operator };
    const { username, oneTimePassword } = await resetAdministratorPassword(tools, 'again1', undefined);
    expect(username).toBe('admin');
    await expect(fleet.signIn('again1', username, testPassword)).rejects.toThrow('Sign-in failed');
    await expect(fleet.signIn('again1', username, oneTimePassword)).rejects.toThrow('can be used only once');
    await fleet.signIn('again1', username, oneTimePassword, 'My-own-1-password');
    const named = { operator: { before: null, after: '김 운영' } };
    expect(await db.auditRecord.findFirstOrThrow({ where: { action: 'user.reset_password' } })).toMatchObject(
      { entityType: 'User', userId: null, managerId: null, changes: named },
    );
    const central = await fleet.tools.central.auditRecord.findMany({
      where: { action: 'tenant.reset_administrator_password', tenantKey: 'again1' },
      orderBy: { createdAt: 'asc' },
    });
    expect(central.map(({ changes }) => changes)).toMatchObject([
      { stage: { after: 'begun' }, ...named },
      { stage: { after: 'done' }, ...named },
    ]);
    expect(JSON.stringify(central)).not.toContain(oneTimePassword);
    const typed = await resetAdministratorPassword(fleet.tools, 'again1', 'ＡＤＭＩＮ');
    expect(typed.username).toBe('admin');
    await expect(resetAdministratorPassword(tools, 'again1', 'nobody')).rejects.toThrow(
      'no active administrator nobody',
    );
  });

  describe('given by an operator while the central log takes no last record', () => {
    beforeAll(() =>
      fleet.runAsCentralOwner(
        `CREATE FUNCTION refuse_done() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.changes -> 'stage' ->> 'after' = 'done' THEN RAISE EXCEPTION 'no room for this'; END IF;
           RETURN NEW;
         END $$;
         CREATE TRIGGER refuse_done BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_done()`,
      ),
    );
    afterAll(() => fleet.runAsCentralOwner('DROP FUNCTION refuse_done CASCADE'));

    it('is shown all the same, with a warning', async () => {
      await provision('full1', { adminPassword: testPassword });
      const { exitCode, stdout, stderr } = await runScript(
        'scripts/provision-tenant.ts',
        ['--tenant-key', 'full1', '--reset-admin-password', '--json'],
        fleet.environment,
      );
      expect(exitCode).toBe(0);
      expect(stderr).toMatch(
        /^provision-tenant: Warning: the central audit log could not record .*no room for this/,
      );
      const { username, oneTimePassword } = JSON.parse(stdout);
      await expect(
        fleet.signIn('full1', username, oneTimePassword, 'My-own-1-password'),
      ).resolves.toBeDefined();
    });

    it('ends sessions of which every process is told, whether it succeeds or not', async () => {
      const tell = vi.fn(async () => {});
      await expect(resetAdministratorPassword(fleet.tools, 'full1', undefined, tell)).resolves.toMatchObject({
        unrecorded: expect.stringContaining('no room for this'),
      });
      expect(tell).toHaveBeenCalledTimes(1);
      await expect(resetAdministratorPassword(fleet.tools, 'full1', 'nobody', tell)).rejects.toThrow();
      expect(tell).toHaveBeenCalledTimes(2);
    });
  });

  it('is shown by the script only while it is kept, and another one is given with --reset-admin-password', async () => {
    await provision('shown1', { adminPassword: testPassword });
    await fleet.signIn('shown1');
    const script = (...args: string[]) =>
      runScript('scripts/provision-tenant.ts', ['--tenant-key', 'shown1', ...args], fleet.environment);
    const shown = await script('--company-name', 'Shown', '--show-password');
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain('has been used or replaced and is no longer stored');
    expect(shown.stdout).not.toContain(testPassword);
    const reset = await script('--reset-admin-password', '--json');
    expect(reset).toMatchObject({ exitCode: 0, stderr: '' });
    const { username, oneTimePassword } = JSON.parse(reset.stdout);
    await expect(
      fleet.signIn('shown1', username, oneTimePassword, 'My-own-1-password'),
    ).resolves.toBeDefined();
  }, 60_000);
});

describe('a Vault that takes its time', () => {
  const central = () => parseDatasourceUrl(fleet.tools.centralDatabaseUrl);

  /**
   * Whenever Vault is asked, looks up which of the fleet's sessions wait inside a transaction meanwhile. A lock's own
   * may, as long as it keeps no vacuum and no row's next writer waiting.
   */
  function watchTransactions(delayMilliseconds = 0): {
    readonly waiting: string[];
    readonly calls: () => number;
  } {
    const waiting: string[] = [];
    const before = vault.calls.length;
    vault.disturb = async () => {
      await new Promise((resolve) => setTimeout(resolve, delayMilliseconds));
      await withConnection(fleet.tools.tenantAdminDatasource, async (client) => {
        const { rows } = await client.query<{ query: string }>(
          `SELECT query FROM pg_stat_activity
           WHERE state LIKE 'idle in transaction%' AND (datname = $1 OR datname LIKE $2)
             AND NOT (query LIKE 'SELECT pg_try_advisory_xact_lock%' AND backend_xid IS NULL AND backend_xmin IS NULL)`,
          [central().database, fleet.placeFor('%').dbName.replaceAll('_', '\\_')],
        );
        waiting.push(...rows.map(({ query }) => query));
      });
      return false;
    };
    onTestFinished(() => {
      vault.disturb = undefined;
    });
    return { waiting, calls: () => vault.calls.length - before };
  }

  const request = (tenantKey: string, more: object = {}) =>
    fleet.graphql(
      'mutation ($input: ProvisionTenantInput!) { provisionTenant(input: $input) { administratorPassword job { uuid } } }',
      { token: manager, variables: { input: { tenantKey, companyName: 'Asked For', ...more } } },
    );

  it('holds up no transaction, by whatever way a tenant is made, and leaves nothing unused', async () => {
    const watch = watchTransactions(200);
    const { codes, data } = await request(asked);
    expect(codes).toEqual([]);
    expect(data.provisionTenant.administratorPassword).toMatch(/^\S{24}$/);
    vault.disturb = undefined;
    await fleet.app.provisioning.work();
    expect(pathsOf(asked)).toHaveLength(3);
    const second = watchTransactions();
    await provision('direct1');
    await reencryptCredentials(fleet.tools, {
      tenantKeys: ['direct1'],
      to: 'database',
      dryRun: false,
      batchSize: 1,
      concurrency: 1,
    });
    expect([...watch.waiting, ...second.waiting]).toEqual([]);
    expect(watch.calls()).toBeGreaterThanOrEqual(6);
    expect(second.calls()).toBeGreaterThanOrEqual(6);
  }, 60_000);

  it('keeps nothing of a tenant that could not be registered', async () => {
    await provision('owner1', { adminPassword: testPassword });
    const { dbName, dbUser } = fleet.placeFor('owner1');
    await expect(provision('thief1', { dbName, dbUser })).rejects.toThrow('Another tenant has its database');
    expect(pathsOf('thief1')).toEqual([]);
    expect(pathsOf('owner1')).toHaveLength(3);
  });

  it('keeps what a tenant has that the central database has lost, when another of its key is cleaned up', async () => {
    const { tenant } = await provision('lost1', { adminPassword: testPassword });
    const before = pathsOf('lost1').map((path) => vault.secrets.get(path)?.[0]);
    await fleet.tools.central.tenant.delete({ where: { tenantKey: 'lost1' } });
    const request = { tenantKey: 'lost1', companyName: 'Another', ...fleet.placeFor('lost2') };
    const cutOff = provisionTenant(fleet.tools, request, () => {
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    expect(await removeUnfinishedTenant(fleet.tools, 'lost1')).toBe(true);
    await expect(removeUnfinishedTenant(fleet.tools, 'lost1')).rejects.toThrow('nothing was removed');
    expect(pathsOf('lost1').map((path) => vault.secrets.get(path)?.[0])).toEqual(before);
    expect(before).toHaveLength(3);
    await fleet.tools.central.tenant.create({ data: tenant });
    await expect(fleet.signIn('lost1')).resolves.toBeDefined();
  });

  it('keeps three secrets of a tenant that many ask for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => request(raced)));
    expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(3).fill('CONFLICT'));
    await fleet.app.provisioning.work();
    expect(pathsOf(raced).map((path) => vault.secrets.get(path)?.length)).toEqual([1, 1, 1]);
  });

  it('is rid by --cleanup of what a run has kept that was killed before it had recorded the tenant', async () => {
    for (const purpose of ['application', 'owner', 'administrator'] as const) {
      await fleet.tools.secrets.write({ tenantKey: 'ghost1', purpose }, 'kept before the record');
    }
    expect(pathsOf('ghost1')).toHaveLength(3);
    expect(await removeUnfinishedTenant(fleet.tools, 'ghost1')).toBe(false);
    expect(pathsOf('ghost1')).toEqual([]);
  });
});
