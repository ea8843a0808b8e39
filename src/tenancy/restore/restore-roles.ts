import pg from 'pg';
import { generatePassword } from '../../auth/password.ts';
import { type RoleFacts, readRoleFacts } from '../../db/role-facts.ts';
import { commentOnRole, markRoles, ordinaryRole } from '../../db/role-marks.ts';
import { readStanding } from '../../db/role-membership.ts';
import { forbidSignIn } from '../../db/role-sign-ins.ts';
import { ensureRole } from '../../db/roles-and-databases.ts';
import type { Tenant as TenantRow } from '../../generated/central/client.ts';
import { isOfKey } from '../role-claims.ts';
import { applyRoleSettings } from '../role-settings.ts';
import { ownerMark } from '../tenant-administration.ts';
import type { NeededRole } from './needed-roles.ts';
import { RestoreError } from './restore-error.ts';

/** Changes of roles: the names of those that each concerns. */
export interface RoleChanges {
  readonly rolesCreated: readonly string[];
  readonly rolesMarked: readonly string[];
  /** Existing roles that the recorded password did not open. */
  readonly passwordsSet: readonly string[];
  /** Roles that could sign in with a password that is not recorded. */
  readonly signInsWithdrawn: readonly string[];
  readonly roleSettings: readonly string[];
}

/**
 * Brings the tenant's roles to what its record says: there, marked as its own, with the recorded passwords and settings.
 * @param opened those that the recorded password opens already.
 * @throws {RestoreError} when a role of that name is not known to be the tenant's, or may not be changed.
 */
export async function restoreRoles(
  client: pg.Client,
  tenant: TenantRow,
  roles: readonly NeededRole[],
  opened: ReadonlySet<string>,
): Promise<RoleChanges> {
  const mark = ownerMark(tenant);
  const names = roles.map(({ role }) => role);
  const before = await readRoleFacts(client, names);
  const { user } = await readStanding(client);
  for (const [role, facts] of before) assertUsable(role, facts, { tenant, user, isOpened: opened.has(role) });
  const unmarked = [...before].filter(([, facts]) => facts.mark !== mark).map(([role]) => role);
  if (unmarked.length > 0) await markRoles(client, unmarked, mark);
  const signInsWithdrawn: string[] = [];
  for (const { role, signIn, isRequired, actsAs } of roles) {
    const facts = before.get(role);
    if (!facts && !isRequired) continue;
    if (typeof signIn === 'object') await ensureRole(client, role, signIn.password, mark);
    else if (!facts) {
      await ensureRole(client, role, generatePassword(), mark);
      await forbidSignIn(client, role);
    } else if (signIn === 'never' && facts.canSignIn) {
      await forbidSignIn(client, role);
      signInsWithdrawn.push(role);
    }
    await applyRoleSettings(client, { signIn: role, role: actsAs });
  }
  const after = await readRoleFacts(client, names);
  return {
    rolesCreated: names.filter((role) => !before.has(role) && after.has(role)),
    rolesMarked: unmarked,
    passwordsSet: roles
      .filter(({ role, signIn }) => typeof signIn === 'object' && before.has(role) && !opened.has(role))
      .map(({ role }) => role),
    signInsWithdrawn,
    roleSettings: names.filter(
      (role) => before.has(role) && before.get(role)?.settings !== after.get(role)?.settings,
    ),
  };
}

const { escapeIdentifier } = pg;

interface Circumstances {
  readonly tenant: TenantRow;
  /** The administrator. */
  readonly user: string;
  readonly isOpened: boolean;
}

/**
 * A role of the name may be somebody else's. With the tenant's mark, it is the tenant's. Without any, or with one of
 * an earlier registration of the key, the recorded password proves it; so does, for one without a mark, that the role
 * has nothing to do with any other database.
 */
function assertUsable(role: string, facts: RoleFacts, { tenant, user, isOpened }: Circumstances): void {
  const mark = ownerMark(tenant);
  if (facts.isPrivileged) {
    throw new RestoreError(
      `The role ${role} may do more than a tenant's role may. If it is the tenant's, run this as a superuser, and start again: ALTER ROLE ${escapeIdentifier(role)} ${ordinaryRole};`,
    );
  }
  const isOwn =
    facts.mark === mark ||
    (isOpened && (facts.mark === null || isOfKey(facts.mark, tenant))) ||
    (facts.mark === null && !facts.isUsedElsewhere);
  if (!isOwn) {
    throw new RestoreError(
      `The role ${role} exists and nothing proves that it is tenant ${tenant.tenantKey}'s. If it is, say so, and start again: ${commentOnRole(role, mark)};`,
    );
  }
  if (!facts.isChangeable) {
    throw new RestoreError(
      `The administrator ${user} may not change the role ${role}. Run this as a superuser, and start again: GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(user)} WITH ADMIN OPTION;`,
    );
  }
}
