import { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth';
import { ForbiddenError, message } from '../errors/index.ts';

/** Turns a failed authorization into the error that says which permissions would have sufficed. */
export function describeMissingScopes(failure: AuthFailure): ForbiddenError {
  const permissions = [...new Set(missingPermissions(failure))];
  return permissions.length === 0
    ? new ForbiddenError()
    : new ForbiddenError(message('forbidden.permission', { permission: permissions.join(', ') }));
}

function missingPermissions(failure: AuthFailure): string[] {
  switch (failure.kind) {
    case AuthScopeFailureType.AuthScope:
      return failure.scope === 'permission' ? [String(failure.parameter)] : [];
    case AuthScopeFailureType.AnyAuthScopes:
    case AuthScopeFailureType.AllAuthScopes:
      return failure.failures.flatMap(missingPermissions);
    case AuthScopeFailureType.AuthScopeFunction:
    case AuthScopeFailureType.GrantedScope:
    case AuthScopeFailureType.Unknown:
      return [];
  }
}
