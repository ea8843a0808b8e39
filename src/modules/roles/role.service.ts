import { changesBetween } from '../../audit/audit-entry.ts';
import { recordAudit } from '../../audit/tenant-audit.ts';
import { type Grants, type RowScope, rowScopeSchema } from '../../auth/row-scopes.ts';
import {
  type Actor,
  auditUserId,
  hasPermission,
  missingPermissions,
  type Viewer,
} from '../../auth/viewer.ts';
import { codePath, reportCodeConflict } from '../../db/coded-rows.ts';
import { assertNoDependents } from '../../db/dependents.ts';
import { assertUnchanged } from '../../db/optimistic-lock.ts';
import type { Selection, TenantDatabase, TenantTransaction } from '../../db/tenant-client.ts';
import {
  ForbiddenError,
  message,
  NotFoundError,
  parseInput,
  ValidationFailedError,
} from '../../errors/index.ts';
import type { Prisma, Role } from '../../generated/tenant/client.ts';
import { beyondOwn } from './beyond-own.service.ts';
import { createRoleSchema, updateRoleSchema } from './role.input.ts';
import { type AskedScope, chooseScopes, recordedScopes } from './role-scopes.service.ts';

/** The columns that every loaded role has, whatever else the selection asks for. */
export type RoleRow = Pick<Role, 'id'>;

/** The permissions of a role and their scopes. */
export interface RoleGrants {
  readonly id: string;
  /** The role's code, which for a system role is also the `role` claim of its holders' tokens. */
  readonly code: string;
  /** By the permissions' codes, sorted. */
  readonly scopes: Grants;
}

/** The live role of that id with the codes of its permissions, or null. */
export async function findLiveRole(db: TenantDatabase, id: string): Promise<RoleGrants | null> {
  const role = await db.role.findUnique({ where: { id, deletedAt: null }, select: grantsSelection });
  return role && roleGrants(role);
}

/** The columns and relations that {@link roleGrants} reads. */
export const grantsSelection = {
  id: true,
  code: true,
  rolePermissions: {
    where: { deletedAt: null, permission: { deletedAt: null } },
    select: { scope: true, permission: { select: { code: true } } },
  },
} satisfies Prisma.RoleSelect;

/** Reads what a loaded role grants. */
export function roleGrants(role: Prisma.RoleGetPayload<{ select: typeof grantsSelection }>): RoleGrants {
  return {
    id: role.id,
    code: role.code,
    scopes: new Map(
      role.rolePermissions
        .map(({ permission, scope }) => [permission.code, rowScopeSchema.parse(scope)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  };
}

/**
 * Nobody hands out more than they hold.
 * @throws {ForbiddenError} when the role grants a permission that the viewer lacks, or has for fewer rows.
 */
export function assertMayGrantRole(viewer: Viewer, role: RoleGrants): void {
  const missing = missingPermissions(viewer, role.scopes);
  if (missing.length > 0) throw beyondOwn(viewer, 'givenRole', missing);
}

/**
 * Creates a role.
 * @throws {ValidationFailedError} for a field that is wrong, or a permission that does not exist.
 * @throws {ForbiddenError} for a permission that the viewer lacks, or has for fewer rows.
 * @throws {ConflictError} when a live role has that code.
 */
export async function createRole(
  transaction: TenantTransaction,
  actor: Actor,
  input: unknown,
  selection: Selection,
): Promise<RoleRow> {
  const { permissions: codes, scopes: asked, ...fields } = parseInput(createRoleSchema, input, ['input']);
  const permissions = await grantablePermissions(transaction, actor.viewer, codes, asked ?? []);
  const author = auditUserId(actor.viewer);
  const role = await reportCodeConflict(codePath, () =>
    transaction.role.create({
      ...selection,
      data: {
        ...fields,
        description: fields.description ?? null,
        createdBy: author,
        updatedBy: author,
        rolePermissions: {
          create: permissions.map(({ id, scope }) => ({ permissionId: id, scope, createdBy: author })),
        },
      },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'role.create',
    entityType: 'Role',
    entityId: role.id,
    changes: changesBetween(null, { ...fields, ...recordedGrants(grantsIn(permissions)) }),
  });
  return role;
}

/**
 * Changes the fields that `input` has. Its holders' rights change at once.
 * @throws {NotFoundError} when there is no live role of that id.
 * @throws {ForbiddenError} for a system role, and for one that grants more than the viewer has.
 * @throws as {@link createRole}.
 */
export async function updateRole(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  input: unknown,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<RoleRow> {
  const { permissions: codes, scopes: asked, ...fields } = parseInput(updateRoleSchema, input, ['input']);
  const { row, grants } = await loadForChange(transaction, actor.viewer, { id, deletedAt: null });
  assertUnchanged(row, expectedUpdatedAt);
  const after =
    codes || asked
      ? await grantablePermissions(
          transaction,
          actor.viewer,
          codes ?? [...grants.scopes.keys()],
          asked,
          grants.scopes,
        )
      : null;
  const author = auditUserId(actor.viewer);
  if (after) {
    const kept = after.filter(({ code, scope }) => grants.scopes.get(code) === scope);
    await transaction.rolePermission.updateMany({
      where: {
        roleId: id,
        deletedAt: null,
        permissionId: { notIn: kept.map((permission) => permission.id) },
      },
      data: { deletedAt: new Date(), deletedBy: author },
    });
    await transaction.rolePermission.createMany({
      data: after
        .filter((permission) => !kept.includes(permission))
        .map((permission) => ({
          roleId: id,
          permissionId: permission.id,
          scope: permission.scope,
          createdBy: author,
        })),
    });
  }
  const role = await reportCodeConflict(codePath, () =>
    transaction.role.update({ ...selection, where: { id }, data: { ...fields, updatedBy: author } }),
  );
  await recordAudit(transaction, actor, {
    action: 'role.update',
    entityType: 'Role',
    entityId: id,
    changes: changesBetween(
      { ...row, ...recordedGrants(grants.scopes) },
      { ...row, ...fields, ...recordedGrants(after ? grantsIn(after) : grants.scopes) },
    ),
  });
  return role;
}

/**
 * Marks a role as deleted; its code is free again.
 * @returns the name.
 * @throws {NotFoundError} when there is no live role of that id.
 * @throws {ConflictError} while users hold it; gives their number if the viewer may read roles.
 * @throws {ForbiddenError} for a system role, and for one that grants more than the viewer has.
 */
export async function deleteRole(transaction: TenantTransaction, actor: Actor, id: string): Promise<string> {
  const { row } = await loadForChange(transaction, actor.viewer, { id, deletedAt: null });
  const count = await transaction.user.count({ where: { roleId: id, deletedAt: null } });
  assertNoDependents([{ type: 'User', count }], hasPermission(actor.viewer, 'roles:read'));
  const deletedAt = new Date();
  const author = auditUserId(actor.viewer);
  await transaction.role.update({
    where: { id },
    data: { deletedAt, deletedBy: author, updatedBy: author },
    select: { id: true },
  });
  await recordAudit(transaction, actor, {
    action: 'role.delete',
    entityType: 'Role',
    entityId: id,
    changes: changesBetween(row, { ...row, deletedAt }),
  });
  return row.name;
}

/**
 * Brings a deleted role back with what it granted.
 * @throws {NotFoundError} when there is no deleted role of that id.
 * @throws {ConflictError} when another role has its code by now.
 * @throws {ForbiddenError} when it grants more than the viewer has.
 */
export async function restoreRole(
  transaction: TenantTransaction,
  actor: Actor,
  id: string,
  selection: Selection,
): Promise<RoleRow> {
  const { row } = await loadForChange(transaction, actor.viewer, { id, deletedAt: { not: null } });
  const role = await reportCodeConflict(['roleId'], () =>
    transaction.role.update({
      ...selection,
      where: { id },
      data: { deletedAt: null, deletedBy: null, updatedBy: auditUserId(actor.viewer) },
    }),
  );
  await recordAudit(transaction, actor, {
    action: 'role.restore',
    entityType: 'Role',
    entityId: id,
    changes: changesBetween(row, { ...row, deletedAt: null }),
  });
  return role;
}

/** The whole row of a role and what it grants, for a change by somebody who may make it. */
async function loadForChange(
  transaction: TenantTransaction,
  viewer: Viewer,
  where: { readonly id: string; readonly deletedAt: null | { readonly not: null } },
): Promise<{ readonly row: Role; readonly grants: RoleGrants }> {
  const found = await transaction.role.findUnique({
    where,
    include: { rolePermissions: grantsSelection.rolePermissions },
  });
  if (!found) throw new NotFoundError('Role');
  const { rolePermissions: _loaded, ...row } = found;
  if (row.isSystemRole) throw new ForbiddenError(message('forbidden.systemRole'));
  const grants = roleGrants(found);
  const missing = missingPermissions(viewer, grants.scopes);
  if (missing.length > 0) throw beyondOwn(viewer, 'changedRole', missing);
  return { row, grants };
}

/** A permission that a role is to grant. */
interface GrantedPermission {
  readonly id: string;
  readonly code: string;
  readonly scope: RowScope;
}

function grantsIn(permissions: readonly GrantedPermission[]): Grants {
  return new Map(permissions.map(({ code, scope }) => [code, scope]));
}

/** A role's grants, as the audit log shows them. */
function recordedGrants(grants: Grants) {
  return { permissions: [...grants.keys()], scopes: recordedScopes(grants) };
}

/**
 * The permissions of those codes, by code, when the viewer may grant them all.
 * @param asked see {@link chooseScopes}.
 */
async function grantablePermissions(
  db: TenantDatabase,
  viewer: Viewer,
  codes: readonly string[],
  asked: readonly AskedScope[] | undefined,
  before: Grants = new Map(),
): Promise<GrantedPermission[]> {
  const wanted = [...new Set(codes)];
  const found = await db.permission.findMany({
    where: { code: { in: wanted }, deletedAt: null },
    select: { id: true, code: true },
    orderBy: { code: 'asc' },
  });
  const unknown = wanted.filter((code) => !found.some((permission) => permission.code === code));
  if (unknown.length > 0) {
    throw new ValidationFailedError([
      {
        path: ['input', 'permissions'],
        message: message('field.noSuchPermission', { permissions: unknown.join(', ') }),
      },
    ]);
  }
  const scopes = chooseScopes(wanted, asked, before);
  const missing = missingPermissions(viewer, scopes);
  if (missing.length > 0) {
    throw new ForbiddenError(message('forbidden.permissionBeyondOwn', { permissions: missing.join(', ') }));
  }
  return found.map(({ id, code }) => ({ id, code, scope: scopes.get(code) ?? 'ALL' }));
}
