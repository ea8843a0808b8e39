import type { PermissionCode } from '../auth/permissions.ts';
import type { Context } from './context.ts';
import { holdsPermission } from './permission-checks.ts';

/** The guard of a type's objects. Each of these conditions is sufficient to read an object's fields. */
export interface ObjectGuard<Row = never> {
  readonly permission: PermissionCode;
  /** A scope granted by the field that led to the object. */
  readonly granted?: string;
  /** Returns the user that the object is about; viewers may read objects about themselves. */
  readonly self?: (row: Row) => string;
}

/** The scopes that a field grants to the object that it leads to. */
export interface ScopeGrant<Row = never> {
  /** Always granted. */
  readonly always: readonly string[];
  /** Also granted when the parent is the viewer. */
  readonly self: { readonly of: (row: Row) => string; readonly scopes: readonly string[] };
}

const objectGuards = new WeakMap<object, ObjectGuard>();
const scopeGrants = new WeakMap<object, ScopeGrant>();

/**
 * Creates the `authScopes` option of a type and keeps its declaration for {@link declaredGuard}, so that the guard can
 * be evaluated once for many rows.
 */
export function guardObjects<Row>(guard: ObjectGuard<Row>) {
  const { permission, granted, self } = guard;
  const authScopes = (row: Row, context: Context) =>
    holdsPermission(context, permission) || {
      $any: {
        permission,
        ...(granted === undefined ? {} : { $granted: granted }),
        ...(self === undefined ? {} : { self: self(row) }),
      },
    };
  objectGuards.set(authScopes, guard);
  return authScopes;
}

/** Creates the `grantScopes` option of a field, and keeps its declaration: see {@link guardObjects}. */
export function grantScopes<Row extends object>(grant: ScopeGrant<Row>) {
  const { always, self } = grant;
  const granting = (row: Row, _args: object, context: Context): string[] =>
    self.of(row) === context.viewer.userId ? [...always, ...self.scopes] : [...always];
  scopeGrants.set(granting, grant);
  return granting;
}

/** Returns the declaration of an `authScopes` option that {@link guardObjects} has created. */
export function declaredGuard(authScopes: unknown): ObjectGuard | undefined {
  return typeof authScopes === 'function' ? objectGuards.get(authScopes) : undefined;
}

/** Returns the declaration of a `grantScopes` option that {@link grantScopes} has created. */
export function declaredGrant(option: unknown): ScopeGrant | undefined {
  return typeof option === 'function' ? scopeGrants.get(option) : undefined;
}
