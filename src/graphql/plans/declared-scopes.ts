import { isPermissionCode } from '../../auth/permissions.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { declaredGrant, declaredGuard } from '../guards.ts';

/** Reads the user that an object is about. */
export type SelfReader = (row: never) => string;

/**
 * The verdict on an object's fields, before any row is known: `allowed`; a reader where it depends on whether the row
 * is about the viewer; or `unclear`, which leaves the decision to scope-auth.
 */
export type Verdict = 'allowed' | 'unclear' | SelfReader;

/** Somebody in a tenant, and the scopes that the field which led to an object grants them. */
export interface ScopeHolder {
  readonly viewer: Viewer;
  readonly granted: readonly string[];
}

/**
 * Decides a type's or a field's `authScopes` from its declaration, the one that scope-auth evaluates for each row.
 * A refusal is `unclear` as well: scope-auth makes the error.
 */
export function decideScopes(authScopes: unknown, holder: ScopeHolder): Verdict {
  if (authScopes === undefined) return 'allowed';
  const guard = declaredGuard(authScopes);
  if (!guard) return isScopeMap(authScopes) && isAllowed(authScopes, holder) ? 'allowed' : 'unclear';
  if (hasPermission(holder.viewer, guard.permission)) return 'allowed';
  if (guard.granted !== undefined && holder.granted.includes(guard.granted)) return 'allowed';
  return guard.self ?? 'unclear';
}

/** The scopes that a field's `grantScopes` option grants whatever the row. */
export function scopesGranted(option: unknown): readonly string[] {
  if (Array.isArray(option)) return option;
  return declaredGrant(option)?.always ?? [];
}

/** The scopes that are understood, with the shape of their values. Others, such as `manager`, are left to scope-auth. */
const understoodScopes: Readonly<Record<string, (value: unknown) => boolean>> = {
  permission: isPermissionCode,
  inTenant: (value) => value === true,
  signedIn: (value) => value === true,
  manager: (value) => value === true,
  $granted: (value) => typeof value === 'string',
  $any: isScopeMap,
  $all: isScopeMap,
};

type ScopeMap = Readonly<Record<string, unknown>>;

/** Any one scope of a map is enough, except in `$all`. */
function isAllowed(map: ScopeMap, holder: ScopeHolder): boolean {
  return Object.entries(map).some(([name, value]) => holds(name, value, holder));
}

function holds(name: string, value: unknown, holder: ScopeHolder): boolean {
  switch (name) {
    case 'permission':
      return isPermissionCode(value) && hasPermission(holder.viewer, value);
    case 'inTenant':
    case 'signedIn':
      return true;
    case '$granted':
      return typeof value === 'string' && holder.granted.includes(value);
    case '$any':
      return isScopeMap(value) && isAllowed(value, holder);
    case '$all':
      return (
        isScopeMap(value) &&
        Object.keys(value).length > 0 &&
        Object.entries(value).every(([inner, innerValue]) => holds(inner, innerValue, holder))
      );
    default:
      return false;
  }
}

/** Returns whether the option's meaning is known here: a map of understood scopes, or one made by a helper of guards.ts. */
export function isUnderstoodGuard(authScopes: unknown): boolean {
  return authScopes === undefined || declaredGuard(authScopes) !== undefined || isScopeMap(authScopes);
}

/** The same for `grantScopes`. */
export function isUnderstoodGrant(option: unknown): boolean {
  const isList = Array.isArray(option) && option.every((scope) => typeof scope === 'string');
  return option === undefined || isList || declaredGrant(option) !== undefined;
}

function isScopeMap(value: unknown): value is ScopeMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, inner]) => understoodScopes[name]?.(inner) ?? false)
  );
}
