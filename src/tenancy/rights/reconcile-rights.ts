import { permissionCatalogue } from '../../auth/permissions.ts';
import { systemRoles } from '../../auth/system-roles.ts';

/** Runs a statement in a tenant's database. @returns how many rows it has changed. */
export type RunStatement = (text: string, values: readonly string[]) => Promise<number>;

const catalogue = JSON.stringify(permissionCatalogue);

const grants = JSON.stringify(
  systemRoles.flatMap(({ code, permissions, own }) => [
    ...permissions.map((permission) => ({ code, permission, scope: 'ALL' })),
    ...own.map((permission) => ({ code, permission, scope: 'OWN' })),
  ]),
);

/** The new catalogue's descriptions replace those of an older version. Nothing is removed: an older process may still use it. */
const permissions = `
  INSERT INTO sys.permissions (id, code, resource, action, description)
  SELECT gen_random_uuid(), code, resource, action, description
  FROM jsonb_to_recordset($1::jsonb) AS wanted (code text, resource text, action text, description text)
  ON CONFLICT (code) WHERE deleted_at IS NULL DO UPDATE
  SET resource = excluded.resource, action = excluded.action, description = excluded.description, updated_at = now()
  WHERE (permissions.resource, permissions.action, permissions.description)
    IS DISTINCT FROM (excluded.resource, excluded.action, excluded.description)`;

const roles = `
  INSERT INTO sys.roles (id, code, name, description, is_system_role)
  SELECT gen_random_uuid(), code, name, description, true
  FROM jsonb_to_recordset($1::jsonb) AS wanted (code text, name text, description text)
  ON CONFLICT (code) WHERE deleted_at IS NULL DO NOTHING`;

const rolePermissions = `
  INSERT INTO sys.role_permissions (id, role_id, permission_id, scope)
  SELECT gen_random_uuid(), roles.id, permissions.id, wanted.scope
  FROM jsonb_to_recordset($1::jsonb) AS wanted (code text, permission text, scope text)
  JOIN sys.roles ON roles.code = wanted.code AND roles.is_system_role AND roles.deleted_at IS NULL
  JOIN sys.permissions ON permissions.code = wanted.permission AND permissions.deleted_at IS NULL
  ON CONFLICT (role_id, permission_id) WHERE deleted_at IS NULL DO NOTHING`;

/**
 * Brings the permissions and the system roles of a tenant's database to this version's catalogue: what a new version
 * can permit reaches tenants that exist, and system roles grant it; a company's own roles stay as they are. Run again,
 * it changes nothing. The statements are to be in one transaction.
 * @returns whether anything was changed.
 */
export async function reconcileRights(run: RunStatement): Promise<boolean> {
  const changed = [
    await run(permissions, [catalogue]),
    await run(roles, [JSON.stringify(systemRoles)]),
    await run(rolePermissions, [grants]),
  ];
  return changed.some((rows) => rows > 0);
}
