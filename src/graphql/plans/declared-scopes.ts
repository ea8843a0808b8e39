import { isPermissionCode } from '../../auth/permissions.ts';
import { hasPermission, type Viewer } from '../../auth/viewer.ts';
import { declaredGrant, declaredGuard } from '../guards.ts';

/** Returns the user that an object is about. */
export type SelfReader = (row: never) => string;

/**
 * The decision on an object's fields before any row is known: `allowed`; a reader if it depends on whether the row is
 * about the viewer; or `unclear`, which leaves the decision to scope-auth.
 */
export type ScopeDecision = 'allowed' | 'unclear' | SelfReader;

/** A viewer in a tenant, with the scopes granted by the field that led to an object. */
export interface ScopeHolder {
  readonly viewer: Viewer;
  readonly granted: readonly string[];
}

/**
 * Evaluates the declaration of a type's or a field's `authScopes`, which scope-auth evaluates for each row. A refusal
 * is `unclear` as well, because scope-auth creates the error.
 */
export function decideScopes(authScopes: unknown, holder: ScopeHolder): ScopeDecision {
  if (authScopes === undefined) return 'allowed';
  const guard = declaredGuard(authScopes);
  if (!guard) return isScopeMap(authScopes) && isAllowed(authScopes, holder) ? 'allowed' : 'unclear';
  if (hasPermission(holder.viewer, guard.permission)) return 'allowed';
  if (guard.granted !== undefined && holder.granted.includes(guard.granted)) return 'allowed';
  return guard.self ?? 'unclear';
}

/** Returns the scopes that a field's `grantScopes` option grants for every row. */
export function scopesGranted(option: unknown): readonly string[] {
  if (Array.isArray(option)) return option;
  return declaredGrant(option)?.always ?? [];
}

/** The supported scopes, with the shape of their values. Others, such as `manager`, are left to scope-auth. */
const supportedScopes: Readonly<Record<string, (value: unknown) => boolean>> = {
  permission: isPermissionCode,
  inTenant: (value) => value === true,
  signedIn: (value) => value === true,
  manager: (value) => value === true,
  $granted: (value) => typeof value === 'string',
  $any: isScopeMap,
  $all: isScopeMap,
};

type ScopeMap = Readonly<Record<string, unknown>>;

/** Any one scope of a map suffices, except in `$all`. */
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

/** Returns whether the option is supported here: a map of supported scopes, or one created by a helper in guards.ts. */
export function isSupportedGuard(authScopes: unknown): boolean {
  return authScopes === undefined || declaredGuard(authScopes) !== undefined || isScopeMap(authScopes);
}

/** The same for `grantScopes`. */
export function isSupportedGrant(option: unknown): boolean {
  const isList = Array.isArray(option) && option.every((scope) => typeof scope === 'string');
  return option === undefined || isList || declaredGrant(option) !== undefined;
}

function isScopeMap(value: unknown): value is ScopeMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, inner]) => supportedScopes[name]?.(inner) ?? false)
  );
}
