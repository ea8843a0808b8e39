import { isPermissionCode } from '../../auth/permissions.ts';
import { type Grants, hasRowScopes, type RowScope } from '../../auth/row-scopes.ts';
import { type FieldMessage, type FieldProblem, message, ValidationFailedError } from '../../errors/index.ts';

/** The scope that a permission of a role is to have. */
export interface AskedScope {
  readonly permission: string;
  readonly scope: RowScope;
}

/**
 * Chooses the scope of each permission that a role is to grant: the one that is asked for, otherwise `ALL`. When nothing
 * is said of scopes, what the role has granted until now keeps its own.
 * @throws {ValidationFailedError} for a scope of what the role won't grant, a second one of a permission, and one that
 * narrows a permission for rows without owners.
 */
export function chooseScopes(
  permissions: readonly string[],
  asked: readonly AskedScope[] | undefined,
  before: Grants,
): Grants {
  const problems = (asked ?? []).flatMap((wanted, index) => {
    const found = problemOf(wanted, permissions, (asked ?? []).slice(0, index));
    return found ? [{ ...found, path: ['input', 'scopes', index, ...found.path] }] : [];
  });
  if (problems.length > 0) throw new ValidationFailedError(problems);
  const chosen = asked ? new Map(asked.map(({ permission, scope }) => [permission, scope])) : before;
  return new Map(permissions.map((permission) => [permission, chosen.get(permission) ?? 'ALL']));
}

function problemOf(
  { permission, scope }: AskedScope,
  permissions: readonly string[],
  earlier: readonly AskedScope[],
): FieldProblem | null {
  const at = (field: keyof AskedScope, said: FieldMessage): FieldProblem => ({
    path: [field],
    message: said,
  });
  if (!isPermissionCode(permission)) {
    return at('permission', message('field.noSuchPermission', { permissions: permission }));
  }
  if (!permissions.includes(permission)) return at('permission', message('field.scopeOfNothing'));
  if (earlier.some((other) => other.permission === permission)) {
    return at('permission', message('field.scopedTwice'));
  }
  return scope === 'ALL' || hasRowScopes(permission) ? null : at('scope', message('field.noRowScopes'));
}

/** The scopes that are narrower than `ALL`, as the audit log shows them; null when there are none. */
export function recordedScopes(grants: Grants): string[] | null {
  const narrower = [...grants].filter(([, scope]) => scope !== 'ALL');
  return narrower.length === 0 ? null : narrower.map(([permission, scope]) => `${permission} ${scope}`);
}
