import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CredentialsError, createCredentialsEnvelope } from '../../../src/tenancy/credentials-envelope.ts';
import { tenantDatasource } from '../../../src/tenancy/tenant.ts';
import { ownerDatasource, ownerRoleName, sealOwnerPassword } from '../../../src/tenancy/tenant-owner.ts';

const envelope = createCredentialsEnvelope(randomBytes(32));

const tenant = {
  tenantKey: 'acme01',
  dbHost: 'localhost',
  dbPort: 5432,
  dbName: 'tenant_acme01',
  dbUser: 'tenant_acme01',
  dbPasswordEncrypted: envelope.seal('acme01', 'for the application'),
  dbOwnerUser: 'tenant_acme01_owner',
  dbOwnerPasswordEncrypted: sealOwnerPassword(envelope, 'acme01', 'for migrations'),
};

describe("an owner's sealed password", () => {
  it('opens for its tenant', () => {
    expect(ownerDatasource(tenant, envelope)).toEqual({
      host: 'localhost',
      port: 5432,
      database: 'tenant_acme01',
      user: 'tenant_acme01_owner',
      password: 'for migrations',
    });
  });

  it("does not open for another tenant, nor in place of the application's, nor the other way round", () => {
    const { dbPasswordEncrypted, dbOwnerPasswordEncrypted } = tenant;
    expect(() => ownerDatasource({ ...tenant, tenantKey: 'beta02' }, envelope)).toThrow(CredentialsError);
    expect(() =>
      tenantDatasource({ ...tenant, dbPasswordEncrypted: dbOwnerPasswordEncrypted }, envelope),
    ).toThrow(CredentialsError);
    expect(() =>
      ownerDatasource({ ...tenant, dbOwnerPasswordEncrypted: dbPasswordEncrypted }, envelope),
    ).toThrow(CredentialsError);
  });

  it('is not looked for in a tenant that is older', () => {
    expect(
      ownerDatasource({ ...tenant, dbOwnerUser: null, dbOwnerPasswordEncrypted: null }, envelope),
    ).toBeNull();
  });
});

describe("an owner's name", () => {
  it("is made from the application's", () => {
    expect(ownerRoleName('tenant_acme01')).toBe('tenant_acme01_owner');
    expect(ownerRoleName('x'.repeat(57))).toHaveLength(63);
  });

  it('is never one that PostgreSQL would cut', () => {
    expect(() => ownerRoleName('x'.repeat(58))).toThrow('needs a name of at most 57 characters');
  });
});
