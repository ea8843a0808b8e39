import type { PermissionCode } from '../auth/permissions.ts';
import type { Context } from './context.ts';
import { holdsPermission } from './permission-checks.ts';

/** The guard of a type's objects: each of these conditions alone lets the viewer read an object's fields. */
export interface ObjectGuard<Row = never> {
  readonly permission: PermissionCode;
  /** The scope that the field which led to the object may have granted. */
  readonly granted?: string;
  /** The user that the object is about; the viewer may read what is about them. */
  readonly self?: (row: Row) => string;
}

/** The scopes that a field grants to the object that it leads to. */
export interface ScopeGrant<Row = never> {
  /** Granted to everybody. */
  readonly always: readonly string[];
  /** Granted as well where the parent is the viewer. */
  readonly self: { readonly of: (row: Row) => string; readonly scopes: readonly string[] };
}

const objectGuards = new WeakMap<object, ObjectGuard>();
const scopeGrants = new WeakMap<object, ScopeGrant>();

/**
 * Creates the `authScopes` option of a type, and keeps its declaration, from which {@link declaredGuard} lets the same
 * guard be decided once for many rows.
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

/** The declaration that an `authScopes` option was made from, if it was made by {@link guardObjects}. */
export function declaredGuard(authScopes: unknown): ObjectGuard | undefined {
  return typeof authScopes === 'function' ? objectGuards.get(authScopes) : undefined;
}

/** The declaration that a `grantScopes` option was made from, if it was made by {@link grantScopes}. */
export function declaredGrant(option: unknown): ScopeGrant | undefined {
  return typeof option === 'function' ? scopeGrants.get(option) : undefined;
}
