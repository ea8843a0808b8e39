import { z } from 'zod';
import { changesBetween } from '../../audit/audit-entry.ts';
import type { Grants, RowScope } from '../../auth/row-scopes.ts';
import { auditUserId, missingPermissions, type Viewer } from '../../auth/viewer.ts';
import type { Selection, TenantDatabase } from '../../db/tenant-client.ts';
import { type EntityWork, type FurtherWrites, insertRow, updateRow } from '../../entities/changes.ts';
import type { EntityRow } from '../../entities/entity.ts';
import { ForbiddenError, message, parseInput, ValidationFailedError } from '../../errors/index.ts';
import { createGrantsSchema, updateGrantsSchema } from './role.input.ts';
import { findGrants } from './role-grants.service.ts';
import { type AskedScope, chooseScopes, recordedScopes } from './role-scopes.service.ts';

/*
 * A role is an entity (see role-entity.service.ts) and what it grants are rows of another table, which are written and
 * recorded with it: so its creation and its change take a step more.
 */

type RoleWork = EntityWork<'Role'>;

/**
 * Creates a role with what it grants.
 * @throws {ValidationFailedError} for a field that is wrong, or a permission that does not exist.
 * @throws {ForbiddenError} for a permission that the viewer lacks, or has for fewer rows.
 * @throws {ConflictError} when a live role has that code.
 */
export async function createRole(on: RoleWork, input: object, selection: Selection): Promise<EntityRow> {
  const { transaction, actor, entity } = on;
  const schema = z.intersection(entity.creation, createGrantsSchema);
  const { permissions: codes, scopes: asked, ...fields } = parseInput(schema, input, ['input']);
  const permissions = await grantablePermissions(transaction, actor.viewer, codes, asked ?? []);
  const createdBy = auditUserId(actor.viewer);
  return insertRow(on, fields, selection, {
    data: {
      rolePermissions: {
        create: permissions.map(({ id, scope }) => ({ permissionId: id, scope, createdBy })),
      },
    },
    changes: changesBetween(null, recordedGrants(grantsIn(permissions))),
  });
}

/**
 * Changes the fields that `input` has. Its holders' rights change at once.
 * @throws as {@link createRole} and {@link updateRow}.
 */
export async function updateRole(
  on: RoleWork,
  id: string,
  input: object,
  expectedUpdatedAt: Date | null | undefined,
  selection: Selection,
): Promise<EntityRow> {
  const schema = z.intersection(on.entity.update, updateGrantsSchema);
  const { permissions, scopes } = parseInput(schema, input, ['input']);
  return updateRow(on, id, input, expectedUpdatedAt, selection, async () =>
    permissions || scopes ? changeGrants(on, id, permissions, scopes) : {},
  );
}

/** Grants what is asked for from now on, and what was granted already under the same scope as before. */
async function changeGrants(
  { transaction, actor }: RoleWork,
  roleId: string,
  codes: readonly string[] | undefined,
  asked: readonly AskedScope[] | undefined,
): Promise<FurtherWrites> {
  const before = await findGrants(transaction, roleId);
  const after = await grantablePermissions(
    transaction,
    actor.viewer,
    codes ?? [...before.keys()],
    asked,
    before,
  );
  const kept = after.filter(({ code, scope }) => before.get(code) === scope);
  const author = auditUserId(actor.viewer);
  await transaction.rolePermission.updateMany({
    where: { roleId, deletedAt: null, permissionId: { notIn: kept.map(({ id }) => id) } },
    data: { deletedAt: new Date(), deletedBy: author },
  });
  await transaction.rolePermission.createMany({
    data: after
      .filter((permission) => !kept.includes(permission))
      .map(({ id, scope }) => ({ roleId, permissionId: id, scope, createdBy: author })),
  });
  return { changes: changesBetween(recordedGrants(before), recordedGrants(grantsIn(after))) };
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
