import { describe, expect, it } from 'vitest';
import type { PermissionCode } from '../../../../src/auth/permissions.ts';
import { noReach, type ViewerRole } from '../../../../src/auth/viewer.ts';
import { grantScopes, guardObjects } from '../../../../src/graphql/guards.ts';
import {
  decideScopes,
  isSupportedGrant,
  isSupportedGuard,
  scopesGranted,
} from '../../../../src/graphql/plans/declared-scopes.ts';

const viewerWith = (permissions: readonly PermissionCode[], role: ViewerRole = 'tenant_user') => ({
  userId: '01890000-0000-7000-8000-000000000001',
  username: 'john',
  sessionId: '01890000-0000-7000-8000-000000000002',
  role,
  tenantKey: 'acme01',
  permissions: new Set<string>(permissions),
  reach: noReach,
});

const decide = (
  authScopes: unknown,
  permissions: readonly PermissionCode[] = [],
  granted: readonly string[] = [],
) => decideScopes(authScopes, { viewer: viewerWith(permissions), granted });

describe('a guard that is a map', () => {
  it.each<[object, readonly PermissionCode[], readonly string[], string]>([
    [{ permission: 'users:read' }, ['users:read'], [], 'allowed'],
    [{ permission: 'users:read' }, ['users:write'], [], 'unclear'],
    [{ inTenant: true }, [], [], 'allowed'],
    [{ signedIn: true }, [], [], 'allowed'],
    [{ manager: true }, ['users:read'], [], 'unclear'],
    [{ $granted: 'reference' }, [], ['reference'], 'allowed'],
    [{ $granted: 'reference' }, [], ['user'], 'unclear'],
    [{ $any: { $granted: 'permissions', permission: 'roles:read' } }, [], ['permissions'], 'allowed'],
    [{ $any: { $granted: 'permissions', permission: 'roles:read' } }, ['roles:read'], [], 'allowed'],
    [{ $any: { $granted: 'permissions', permission: 'roles:read' } }, [], [], 'unclear'],
    [{ $all: { permission: 'users:read', $granted: 'x' } }, ['users:read'], ['x'], 'allowed'],
    [{ $all: { permission: 'users:read', $granted: 'x' } }, ['users:read'], [], 'unclear'],
    [{ $all: { permission: 'users:read', manager: true } }, ['users:read'], [], 'unclear'],
    [{ $all: {} }, [], [], 'unclear'],
    [{}, ['users:read'], [], 'unclear'],
  ])('%j of a viewer with %j who was granted %j is %s', (map, permissions, granted, verdict) => {
    expect(decide(map, permissions, granted)).toBe(verdict);
  });

  it.each([
    { permission: 'users:fly' },
    { inTenant: false },
    { unknown: true },
    { $any: { unknown: true } },
    { $granted: 1 },
    { self: '01890000-0000-7000-8000-000000000001' },
    true,
    'users:read',
  ])('is left to scope-auth, and refused at the start, when it is %j', (map) => {
    expect(decide(map, ['users:read'], ['x'])).toBe('unclear');
    expect(isSupportedGuard(map)).toBe(false);
  });
});

describe('a guard that is a function', () => {
  const guard = guardObjects<{ readonly id: string }>({
    permission: 'users:read',
    granted: 'user',
    self: ({ id }) => id,
  });

  it('allows whoever holds the permission or was granted the scope', () => {
    expect(decide(guard, ['users:read'])).toBe('allowed');
    expect(decide(guard, [], ['user'])).toBe('allowed');
  });

  it('depends on the row for everybody else, where the row can be about the viewer', () => {
    expect(decide(guard)).toBeTypeOf('function');
    expect(decide(guardObjects({ permission: 'roles:read', granted: 'reference' }))).toBe('unclear');
  });

  it('is left to scope-auth, and refused at the start, when it was declared elsewhere', () => {
    expect(decide(() => true, ['users:read'])).toBe('unclear');
    expect(isSupportedGuard(() => true)).toBe(false);
  });
});

it('lets a manager do everything that permissions allow', () => {
  const viewer = viewerWith([], 'manager');
  expect(decideScopes({ permission: 'users:read' }, { viewer, granted: [] })).toBe('allowed');
});

describe('the scopes that a field grants', () => {
  const grant = grantScopes<{ readonly id: string }>({
    always: ['reference'],
    self: { of: ({ id }) => id, scopes: ['rolePermissions'] },
  });

  it('are, before any row is known, those that it grants for each row', () => {
    expect(scopesGranted(grant)).toEqual(['reference']);
    expect(scopesGranted(['permissions'])).toEqual(['permissions']);
    expect(scopesGranted(undefined)).toEqual([]);
    expect(scopesGranted(() => ['reference'])).toEqual([]);
  });

  it('are refused at the start when they were declared elsewhere', () => {
    expect(isSupportedGrant(grant)).toBe(true);
    expect(isSupportedGrant(['permissions'])).toBe(true);
    expect(isSupportedGrant(() => ['reference'])).toBe(false);
    expect(isSupportedGrant([1])).toBe(false);
  });
});
