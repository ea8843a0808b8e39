import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/logging/logger.ts';
import { CredentialsError } from '../../../src/tenancy/secrets/credentials-error.ts';
import { createTenantSecrets } from '../../../src/tenancy/secrets/tenant-secrets.ts';
import { applicationSecret, tenantDatasource } from '../../../src/tenancy/tenant.ts';
import { ownerDatasource, ownerRoleName, ownerSecret } from '../../../src/tenancy/tenant-owner.ts';
import { directly } from '../../support/addresses.ts';

const secrets = createTenantSecrets(
  { encryptionKey: randomBytes(32), previousEncryptionKeys: [], vault: undefined, store: 'database' },
  createLogger({ level: 'silent', format: 'json' }),
);

const tenant = {
  tenantKey: 'acme01',
  dbHost: 'localhost',
  dbPort: 5432,
  dbName: 'tenant_acme01',
  dbUser: 'tenant_acme01',
  dbPasswordEncrypted: await secrets.write(applicationSecret('acme01'), 'for the application'),
  dbOwnerUser: 'tenant_acme01_owner',
  dbOwnerPasswordEncrypted: await secrets.write(ownerSecret('acme01'), 'for migrations'),
  ...directly,
};

describe("an owner's sealed password", () => {
  it('opens for its tenant', async () => {
    expect(await ownerDatasource(tenant, secrets)).toEqual({
      host: 'localhost',
      port: 5432,
      database: 'tenant_acme01',
      user: 'tenant_acme01_owner',
      password: 'for migrations',
    });
  });

  it("does not open for another tenant, nor in place of the application's, nor the other way round", async () => {
    const { dbPasswordEncrypted, dbOwnerPasswordEncrypted } = tenant;
    const attempts = [
      ownerDatasource({ ...tenant, tenantKey: 'beta02' }, secrets),
      tenantDatasource({ ...tenant, dbPasswordEncrypted: dbOwnerPasswordEncrypted }, secrets),
      ownerDatasource({ ...tenant, dbOwnerPasswordEncrypted: dbPasswordEncrypted }, secrets),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toThrow(CredentialsError);
  });

  it('is not looked for in a tenant that is older', async () => {
    expect(
      await ownerDatasource({ ...tenant, dbOwnerUser: null, dbOwnerPasswordEncrypted: null }, secrets),
    ).toBeNull();
  });
});

describe("an owner's name", () => {
  it("is made from the application's", () => {
    expect(ownerRoleName('tenant_acme01')).toBe('tenant_acme01-owner');
    expect(ownerRoleName('x'.repeat(57))).toHaveLength(63);
  });

  it('is never one that PostgreSQL would cut', () => {
    expect(() => ownerRoleName('x'.repeat(58))).toThrow('needs a name of at most 57 characters');
  });
});
