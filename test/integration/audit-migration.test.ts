import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { permissionCatalogue } from '../../src/auth/permissions.ts';
import { systemRoles } from '../../src/auth/system-roles.ts';
import { applyMigrations } from '../../src/db/schema-engine.ts';
import { migrateFleet } from '../../src/tenancy/fleet/migrate-fleet.ts';
import { tenantMigrationsFolder } from '../../src/tenancy/tenant-migrations.ts';
import { ownerDatasource } from '../../src/tenancy/tenant-owner.ts';
import { tenantSchemas } from '../../src/tenancy/tenant-schemas.ts';
import { createTestFleet, type TestFleet } from '../support/fleet.ts';

let fleet: TestFleet;
let earlier: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  earlier = await mkdtemp(join(tmpdir(), 'earlier-migrations-'));
  for (const entry of ['migration_lock.toml', '20261123152845_init']) {
    await cp(join(tenantMigrationsFolder, entry), join(earlier, entry), { recursive: true });
  }
});
afterAll(async () => {
  await rm(earlier, { recursive: true });
  await fleet.close();
});

it('lets the administrators of tenants from before the audit log read it, and nobody else', async () => {
  const { tenantKey, db, runAsOwner } = await fleet.provision('older1');
  const tenant = await fleet.tools.central.tenant.findUniqueOrThrow({ where: { tenantKey } });
  const owner = await ownerDatasource(tenant, fleet.tools.secrets);
  if (!owner) throw new Error('The tenant has no owner.');
  await runAsOwner(`DROP SCHEMA ${tenantSchemas.join(', ')} CASCADE; DROP TABLE public._prisma_migrations`);
  await applyMigrations(owner, earlier);
  await runAsOwner(`
    INSERT INTO sys.permissions (id, code, resource, action, description)
    VALUES (gen_random_uuid(), 'users:read', 'users', 'read', 'See users.');
    INSERT INTO sys.roles (id, code, name, is_system_role, deleted_at) VALUES
      (gen_random_uuid(), 'tenant_admin', 'Administrator', true, NULL),
      (gen_random_uuid(), 'tenant_user', 'User', true, NULL),
      (gen_random_uuid(), 'auditor', 'Auditor', false, NULL),
      (gen_random_uuid(), 'tenant_admin', 'Once made by hand', false, now());
    INSERT INTO sys.role_permissions (id, role_id, permission_id)
    SELECT gen_random_uuid(), r.id, p.id FROM sys.roles r CROSS JOIN sys.permissions p`);

  const [report] = await migrateFleet(fleet.tools, {
    engine: 'wasm',
    concurrency: 1,
    tenantKeys: [tenantKey],
    dryRun: false,
  });
  expect(report).toMatchObject({ status: 'migrated', error: null });

  const roles = await db.role.findMany({
    orderBy: { name: 'asc' },
    select: { name: true, rolePermissions: { select: { permission: { select: { code: true } } } } },
  });
  const granted = roles.map(({ name, rolePermissions }) => [
    name,
    rolePermissions.map(({ permission }) => permission.code).sort(),
  ]);
  const [{ permissions, own } = { permissions: [], own: [] }] = systemRoles.filter(
    ({ code }) => code === 'tenant_user',
  );
  expect(granted).toEqual([
    ['Administrator', permissionCatalogue.map(({ code }) => code).sort()],
    ['Auditor', ['users:read']],
    ['Once made by hand', ['users:read']],
    ['User', [...permissions, ...own].sort()],
  ]);
  const permission = await db.permission.findFirstOrThrow({ where: { code: 'audit:read' } });
  expect(permission).toMatchObject({
    resource: 'audit',
    action: 'read',
    description: 'See who has changed what.',
  });
  await db.auditRecord.create({ data: { action: 'user.update', entityType: 'User' } });
  await expect(db.auditRecord.deleteMany()).rejects.toThrow(/permission denied/);
});

it('gives a tenant that is being made the permission once', async () => {
  const { db } = await fleet.provision('newer1');
  expect(await db.permission.count({ where: { code: 'audit:read' } })).toBe(1);
  expect(await db.rolePermission.count({ where: { permission: { code: 'audit:read' } } })).toBe(1);
});
