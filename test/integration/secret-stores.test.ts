import { createCipheriv, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { withConnection } from '../../src/db/with-connection.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { provisionTenant, removeUnfinishedTenant } from '../../src/tenancy/provisioning/provision-tenant.ts';
import { readFirstAdministrator } from '../../src/tenancy/provisioning/registration.ts';
import {
  type ReencryptionOptions,
  reencryptCredentials,
} from '../../src/tenancy/reencryption/reencrypt-credentials.ts';
import { rotateCredentials } from '../../src/tenancy/rotation/rotate-credentials.ts';
import { credentialsKeyId } from '../../src/tenancy/secrets/credentials-envelope.ts';
import { createTenantSecrets } from '../../src/tenancy/secrets/tenant-secrets.ts';
import { tenantDatasource } from '../../src/tenancy/tenant.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';
import { askForName, type NamedTenant, provisionNamed } from '../support/named-tenants.ts';
import { runScript } from '../support/run-script.ts';
import { describeLoad, startSteadyLoad } from '../support/steady-load.ts';
import { startVaultServer, type VaultServer } from '../support/vault-server.ts';

const logger = createLogger({ level: 'silent', format: 'json' });
const everything: ReencryptionOptions = {
  tenantKeys: [],
  to: null,
  dryRun: false,
  batchSize: 2,
  concurrency: 2,
};
const quickly = { purpose: 'application', graceSeconds: 0, drainSeconds: 15 } as const;

const rowOf = (fleet: TestFleet, tenantKey: string) =>
  fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });

describe('a new encryption key', () => {
  let fleet: TestFleet;
  const newKey = randomBytes(32);
  let oldKey: Uint8Array;
  /** As processes are once they have the new key. */
  let tools: TestFleet['tools'];
  const keys = ['sealed1', 'sealed2', 'sealed3'];

  beforeAll(async () => {
    fleet = await createTestFleet();
    oldKey = fleet.configuration.secrets.encryptionKey;
    for (const key of keys) await fleet.provision(key).then(({ db }) => db.$disconnect());
    const secrets = createTenantSecrets(
      { ...fleet.configuration.secrets, encryptionKey: newKey, previousEncryptionKeys: [oldKey] },
      logger,
    );
    tools = { ...fleet.tools, secrets };
  });
  afterAll(() => fleet.close());

  const sealedByFirstVersion = (name: string, secret: string) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', oldKey, nonce).setAAD(
      Buffer.from(`cxg-graphql-api/tenant-credentials/v1/${name}`),
    );
    const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  };
  const passwordsOf = async (tenantKey: string, { secrets }: Pick<TestFleet['tools'], 'secrets'>) => {
    const row = await rowOf(fleet, tenantKey);
    return {
      application: (await tenantDatasource(row, secrets)).password,
      owner: (await ownerDatasource(row, secrets))?.password,
      administrator: (await readFirstAdministrator(fleet.tools.central, secrets, row))?.password,
    };
  };

  it('seals everything that the old one has sealed, unfinished rotations and the first version too', async () => {
    const before = await Promise.all(keys.map((key) => passwordsOf(key, fleet.tools)));
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'sealed1' },
      data: { dbPasswordEncrypted: sealedByFirstVersion('sealed1', before[0]?.application ?? '') },
    });
    await expect(
      rotateCredentials(fleet.tools, 'sealed3', quickly, () => {
        throw new Error('cut off');
      }),
    ).rejects.toThrow('cut off');

    const [oldId, newId] = [credentialsKeyId(oldKey), credentialsKeyId(newKey)];
    const planned = await reencryptCredentials(tools, { ...everything, dryRun: true });
    expect(planned).toMatchObject({
      tenants: 3,
      changed: 10,
      sealedBy: { [oldId]: 10 },
      sealingKeyId: newId,
    });
    const done = await reencryptCredentials(tools, everything);
    expect(done).toMatchObject({
      tenants: 3,
      changed: 10,
      overtaken: 0,
      sealedBy: { [newId]: 10 },
      failures: [],
    });
    const again = await reencryptCredentials(tools, everything);
    expect(again).toMatchObject({ changed: 0, sealedBy: { [newId]: 10 } });

    const onlyNew = createTenantSecrets(
      { ...fleet.configuration.secrets, encryptionKey: newKey, previousEncryptionKeys: [] },
      logger,
    );
    const after = await Promise.all(keys.map((key) => passwordsOf(key, { secrets: onlyNew })));
    expect(after).toEqual(before);
    await rotateCredentials({ ...tools, secrets: onlyNew }, 'sealed3', quickly);
  });

  it('is served by processes that have it, whatever key a row has', async () => {
    const environment = {
      CREDENTIALS_ENCRYPTION_KEY: newKey.toString('base64'),
      PREVIOUS_CREDENTIALS_ENCRYPTION_KEYS: Buffer.from(oldKey).toString('base64'),
    };
    const { app, graphql } = fleet.startApp(environment);
    // Otherwise it would still hold connections when a role is rotated.
    onTestFinished(() => app.close());
    await fleet.provision('sealed4').then(({ db }) => db.$disconnect());
    for (const tenantKey of ['sealed1', 'sealed4']) {
      const { errors } = await graphql('mutation ($i: LoginInput!) { login(input: $i) { expiresIn } }', {
        variables: { i: { tenantKey, username: 'admin', password: 'Password123!' } },
      });
      expect(errors).toEqual([]);
    }
    const told = await runScript('scripts/reencrypt-credentials.ts', ['--json'], {
      ...fleet.environment,
      ...environment,
    });
    expect(told).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(told.stdout)).toMatchObject({ changed: 3, failures: [] });
  }, 30_000);

  it('is told of what it can’t open, and goes on with the rest', async () => {
    const { dbOwnerPasswordEncrypted } = await rowOf(fleet, 'sealed2');
    const stranger = createTenantSecrets(
      { ...fleet.configuration.secrets, encryptionKey: randomBytes(32), previousEncryptionKeys: [newKey] },
      logger,
    );
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'sealed2' },
      data: {
        dbOwnerPasswordEncrypted: await fleet.tools.secrets.write(
          { tenantKey: 'sealed2', purpose: 'owner' },
          'x',
        ),
      },
    });
    const report = await reencryptCredentials(
      { ...tools, secrets: stranger },
      { ...everything, dryRun: true },
    );
    expect(report.failures).toEqual([
      {
        tenantKey: 'sealed2',
        error: expect.stringContaining(`sealed with the key ${credentialsKeyId(oldKey)}`),
      },
    ]);
    expect(report.tenants).toBe(4);
    await fleet.tools.central.tenant.update({
      where: { tenantKey: 'sealed2' },
      data: { dbOwnerPasswordEncrypted },
    });
  });

  it('does not undo a rotation that comes between reading and storing', async () => {
    const back = createTenantSecrets(
      { ...fleet.configuration.secrets, encryptionKey: oldKey, previousEncryptionKeys: [newKey] },
      logger,
    );
    let rotated = false;
    const secrets: typeof back = {
      ...back,
      async writeTo(store, name, secret) {
        if (name.purpose === 'application' && !rotated) {
          rotated = true;
          await rotateCredentials(tools, 'sealed1', quickly);
        }
        return back.writeTo(store, name, secret);
      },
    };
    const options = { ...everything, tenantKeys: ['sealed1'] };
    const report = await reencryptCredentials({ ...tools, secrets }, options);
    expect(report).toMatchObject({ overtaken: 1, failures: [] });
    await withConnection(await tenantDatasource(await rowOf(fleet, 'sealed1'), tools.secrets), (client) =>
      client.query('SELECT 1'),
    );
    expect(await reencryptCredentials(tools, options)).toMatchObject({ overtaken: 0, failures: [] });
  });

  it('loses nothing of rotations that run at the same time', async () => {
    let rotating = true;
    const reencrypting = (async () => {
      let rounds = 0;
      for (let round = 0; rotating; round++) {
        // To and fro, so that there is always something to be stored anew.
        const both = createTenantSecrets(
          {
            ...fleet.configuration.secrets,
            encryptionKey: round % 2 === 0 ? oldKey : newKey,
            previousEncryptionKeys: [oldKey, newKey],
          },
          logger,
        );
        const { failures } = await reencryptCredentials({ ...tools, secrets: both }, everything);
        expect(failures).toEqual([]);
        rounds++;
      }
      return rounds;
    })();
    try {
      for (let time = 0; time < 3; time++) {
        await Promise.all(['sealed1', 'sealed2'].map((key) => rotateCredentials(tools, key, quickly)));
      }
    } finally {
      rotating = false;
    }
    expect(await reencrypting).toBeGreaterThan(2);
    await reencryptCredentials(tools, everything);
    for (const key of ['sealed1', 'sealed2']) {
      const { graphql } = fleet.startApp({
        CREDENTIALS_ENCRYPTION_KEY: newKey.toString('base64'),
      });
      const { errors } = await graphql('mutation ($i: LoginInput!) { login(input: $i) { expiresIn } }', {
        variables: { i: { tenantKey: key, username: 'admin', password: 'Password123!' } },
      });
      expect(errors).toEqual([]);
    }
  }, 60_000);
});

describe('tenants whose passwords are in Vault', () => {
  let vault: VaultServer;
  let fleet: TestFleet;
  let inVault: NamedTenant;
  let inDatabase: NamedTenant;

  beforeAll(async () => {
    vault = await startVaultServer();
    fleet = await createTestFleet({
      VAULT_URL: vault.url,
      VAULT_TOKEN: vault.makeToken(),
      VAULT_TIMEOUT: '1',
      VAULT_CACHE_TTL: '1',
      TENANT_DIRECTORY_CACHE_TTL: '1',
      TENANT_CONNECTION_TIMEOUT: '30',
      CREDENTIALS_STORE: 'vault',
    });
    inVault = await provisionNamed(fleet, 'vault1');
    inDatabase = await provisionNamed(fleet, 'row1');
    await reencryptCredentials(fleet.tools, { ...everything, tenantKeys: ['row1'], to: 'database' });
  });
  afterAll(async () => {
    await fleet.close();
    await vault.close();
  });

  const codesOf = async ({ token }: NamedTenant) =>
    (await fleet.graphql('{ me { username } }', { token })).codes;

  it('are provisioned there, and nothing of them is in the central database', async () => {
    expect(await rowOf(fleet, 'vault1')).toMatchObject({
      dbPasswordEncrypted: 'vault:tenants/vault1/database?version=1#password',
      dbOwnerPasswordEncrypted: 'vault:tenants/vault1/database-owner?version=1#password',
    });
    expect((await rowOf(fleet, 'row1')).dbPasswordEncrypted).toMatch(/^v2\./);
    await askForName(fleet.graphql, inVault);
    await askForName(fleet.graphql, inDatabase);
  });

  it('are rotated there under 200 requests a second, none of which fails', async () => {
    const load = startSteadyLoad(200, (turn) =>
      askForName(fleet.graphql, turn % 2 === 0 ? inVault : inDatabase),
    );
    let outcome: Awaited<ReturnType<typeof rotateCredentials>> | undefined;
    try {
      outcome = await rotateCredentials(fleet.tools, 'vault1', { ...quickly, graceSeconds: 3 });
    } finally {
      const result = await load.stop();
      process.stdout.write(describeLoad('rotation in Vault', result));
      expect(result.failures).toEqual({});
    }
    expect(outcome).toMatchObject({ terminated: 0, old: { canSignIn: false, sessions: 0 } });
    expect((await rowOf(fleet, 'vault1')).dbPasswordEncrypted).toBe(
      'vault:tenants/vault1/database?version=2#password',
    );
  }, 60_000);

  it('are not available while Vault is sealed and their time is over; others are, and nothing tells a secret', async () => {
    vault.disturb = (_call, response) => {
      response.writeHead(503).end('{"errors":["Vault is sealed"]}');
      return true;
    };
    onTestFinished(() => {
      vault.disturb = undefined;
    });
    await vi.waitFor(async () => expect(await codesOf(inVault)).toEqual(['TENANT_UNAVAILABLE']), {
      timeout: 6_000,
      interval: 100,
    });
    expect(await codesOf(inDatabase)).toEqual([]);
    expect(fleet.log.join('')).toMatch(/Vault at 127\.0\.0\.1:\d+ answered 503/);
    vault.disturb = undefined;
    await vi.waitFor(async () => expect(await codesOf(inVault)).toEqual([]), {
      timeout: 5_000,
      interval: 100,
    });
    const passwords = [...vault.secrets.values()].flat().map((secret) => String(secret?.password));
    for (const secret of [...passwords, ...vault.tokens.keys()])
      expect(fleet.log.join('')).not.toContain(secret);
  });

  it('whose secret is missing there are an operator’s business, which the log tells', async () => {
    const path = 'tenants/vault1/database';
    const versions = vault.secrets.get(path) ?? [];
    vault.secrets.delete(path);
    onTestFinished(() => void vault.secrets.set(path, versions));
    await vi.waitFor(async () => expect(await codesOf(inVault)).toEqual(['INTERNAL_SERVER_ERROR']), {
      timeout: 6_000,
      interval: 100,
    });
    expect(fleet.log.join('')).toContain(
      'Vault has no secret of tenant vault1 at secret/tenants/vault1/database in version 2.',
    );
    vault.secrets.set(path, versions);
    await vi.waitFor(async () => expect(await codesOf(inVault)).toEqual([]), { timeout: 5_000 });
  });

  it('leave nothing there when they are given up before they were finished', async () => {
    const request = { tenantKey: 'given_up1', companyName: 'Given up', ...fleet.placeFor('given_up1') };
    await expect(
      provisionTenant(fleet.tools, request, (step) => {
        if (step === 'create-role') throw new Error('cut off');
      }),
    ).rejects.toThrow('cut off');
    expect([...vault.secrets.keys()].filter((path) => path.includes('given_up1'))).toHaveLength(3);
    expect(await removeUnfinishedTenant(fleet.tools, 'given_up1')).toBe(true);
    expect([...vault.secrets.keys()].filter((path) => path.includes('given_up1'))).toEqual([]);
  });

  it('are not brought there by a script that has no Vault, which says so once', async () => {
    const {
      VAULT_URL: _url,
      VAULT_TOKEN: _token,
      CREDENTIALS_STORE: _store,
      ...environment
    } = fleet.environment;
    const { exitCode, stdout, stderr } = await runScript(
      'scripts/reencrypt-credentials.ts',
      ['--to', 'vault'],
      environment,
    );
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'reencrypt-credentials: --to vault needs VAULT_URL.\n',
    });
  });

  it('can be brought there and back by a script, in service', async () => {
    const brought = await runScript(
      'scripts/reencrypt-credentials.ts',
      ['--to', 'vault', '--tenant-key', 'row1', '--json'],
      fleet.environment,
    );
    expect(brought).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(brought.stdout)).toMatchObject({ changed: 3, sealedBy: { vault: 3 } });
    await askForName(fleet.graphql, inDatabase);
    const back = await runScript(
      'scripts/reencrypt-credentials.ts',
      ['--to', 'database', '--tenant-key', 'row1'],
      fleet.environment,
    );
    expect(back.stdout).toMatch(
      /1 tenants: 3 secrets re-encrypted or moved, 0 failed\.\n {7}3 {2}the current key [0-9a-f]{8}/,
    );
    expect((await rowOf(fleet, 'row1')).dbPasswordEncrypted).toMatch(/^v2\./);
    await askForName(fleet.graphql, inDatabase);
  }, 30_000);
});
