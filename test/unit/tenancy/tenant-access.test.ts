import { expect, it } from 'vitest';
import { TenantMismatchError } from '../../../src/errors/index.ts';
import type { DirectoryTenant } from '../../../src/tenancy/tenant.ts';
import { createTenantAccess } from '../../../src/tenancy/tenant-access.ts';
import type { TenantDirectory } from '../../../src/tenancy/tenant-directory.ts';
import { directly } from '../../support/addresses.ts';

const beta: DirectoryTenant = {
  id: 2,
  tenantKey: 'beta02',
  companyName: 'Beta Trading',
  status: 'active',
  plan: 'starter',
  maxUsers: 50,
  dbHost: 'db',
  dbPort: 5432,
  dbName: 'tenant_beta02',
  dbUser: 'tenant_beta02',
  dbPasswordEncrypted: 'v2.x',
  publicSettings: [],
  dataKeys: [],
  ...directly,
};

it('gives nobody a tenant of another key, whatever the directory says', async () => {
  const directory: TenantDirectory = {
    find: async () => beta,
    hasFound: () => true,
    invalidate: async () => {},
    onInvalidated: () => {},
  };
  const leased: string[] = [];
  const tenants = createTenantAccess(
    directory,
    { read: async () => 'password', forget: () => {} },
    {
      lease: async ({ tenant }) => {
        leased.push(tenant.tenantKey);
        throw new Error('Nobody is to get here.');
      },
      retire: () => {},
      statistics: () => ({ kept: 0, draining: 0, leases: 0, built: 0 }),
      close: async () => {},
    },
    () => ({ concurrency: 1, statementTimeoutSeconds: 1 }),
    () => {
      throw new Error('Nobody is to get here.');
    },
  );
  await expect(tenants.find('acme01')).rejects.toThrow(TenantMismatchError);
  await expect(tenants.lease({ ...beta, tenantKey: 'acme01' })).rejects.toThrow(TenantMismatchError);
  expect(leased).toEqual([]);
});
