import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { systemRoles } from '../../src/auth/system-roles.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

const options = { engine: 'wasm', concurrency: 1, tenantKeys: ['acme01'], dryRun: false } as const;

let fleet: TestFleet;
let tenant: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  tenant = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

/** Returns the permissions of a tenant's role, by code. */
async function grantsOf(code: string): Promise<string[]> {
  const rows = await tenant.db.rolePermission.findMany({
    where: { role: { code }, deletedAt: null, permission: { deletedAt: null } },
    select: { permission: { select: { code: true } } },
  });
  return rows.map(({ permission }) => permission.code).sort();
}

describe('permissions of a version that is newer than the tenant', () => {
  const codes = permissionCatalogue.map(({ code }) => code);

  beforeEach(async () => {
    await tenant.runAsOwner(`
      DELETE FROM sys.role_permissions USING sys.permissions
      WHERE permissions.id = permission_id AND permissions.resource = 'assets';
      DELETE FROM sys.permissions WHERE resource = 'assets'`);
  });

  it('reach the tenant with the next migration, and its system roles', async () => {
    const [report] = await migrateFleet(fleet.tools, options);
    expect(report?.status).toBe('migrated');
    expect(await tenant.db.permission.count()).toBe(codes.length);
    for (const { code, permissions, own } of systemRoles) {
      expect(await grantsOf(code)).toEqual([...permissions, ...own].sort());
    }
  });

  it('leave the roles of the company as they are', async () => {
    const users = await tenant.db.permission.findFirstOrThrow({ where: { code: 'users:read' } });
    await tenant.db.role.create({
      data: { code: 'staff', name: 'Staff', rolePermissions: { create: { permissionId: users.id } } },
    });
    await migrateFleet(fleet.tools, options);
    expect(await grantsOf('staff')).toEqual(['users:read']);
  });

  it('are written once, however often the fleet is migrated', async () => {
    await migrateFleet(fleet.tools, options);
    const [again] = await migrateFleet(fleet.tools, options);
    expect(again?.status).toBe('up-to-date');
    expect(await tenant.db.permission.count()).toBe(codes.length);
  });

  it('bring the descriptions of the new version along', async () => {
    await tenant.runAsOwner(`UPDATE sys.permissions SET description = 'Old.' WHERE code = 'users:read'`);
    await migrateFleet(fleet.tools, options);
    const { description } = await tenant.db.permission.findFirstOrThrow({ where: { code: 'users:read' } });
    expect(description).toBe(permissionCatalogue.find(({ code }) => code === 'users:read')?.description);
  });
});
