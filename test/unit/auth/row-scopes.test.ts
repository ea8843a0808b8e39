import { describe, expect, it } from 'vitest';
import { hasRowScopes, isNarrower, type RowScope, rowScopes } from '../../../src/auth/row-scopes.ts';
import { missingPermissions, noReach, type Viewer, visibleOwners } from '../../../src/auth/viewer.ts';

const viewerWith = (scope: RowScope, more: Partial<Viewer> = {}): Viewer => ({
  userId: 'own',
  username: 'john',
  sessionId: 'session',
  role: 'tenant_user',
  tenantKey: 'acme01',
  permissions: new Set(['assets:read', 'users:read']),
  reach: {
    scopes: new Map<string, RowScope>([
      ['assets:read', scope],
      ['assets:write', 'ALL'],
      ['users:read', 'ALL'],
    ]),
    colleagueIds: ['own', 'colleague'],
    headedIds: ['member', 'colleague'],
  },
  ...more,
});

describe('row scopes', () => {
  it('are ordered from the viewer’s own rows to all', () => {
    const narrower = rowScopes.flatMap((one) =>
      rowScopes.filter((other) => isNarrower(one, other)).map((other) => `${one} < ${other}`),
    );
    expect(narrower).toEqual(['OWN < DEPARTMENT', 'OWN < ALL', 'DEPARTMENT < ALL']);
  });

  it('are carried by the permissions of entities that have owners', () => {
    const codes = ['assets:read', 'assets:write', 'assets:delete', 'users:read', 'audit:read', 'assets', ''];
    expect(codes.filter(hasRowScopes)).toEqual(['assets:read', 'assets:write', 'assets:delete']);
  });
});

describe('the owners whose rows a viewer reaches', () => {
  it.each<[RowScope, 'everybody' | string[]]>([
    ['OWN', ['own']],
    ['DEPARTMENT', ['own', 'colleague']],
    ['ALL', 'everybody'],
  ])('with %s are these', (scope, owners) => {
    expect(visibleOwners(viewerWith(scope), 'assets:read')).toEqual(owners);
  });

  it('are the people of the departments that they head, too, to read what belongs to employees', () => {
    const viewerOf = (scope: RowScope) =>
      viewerWith('OWN', {
        permissions: new Set(['employees:read', 'employees:write', 'employees:sensitive']),
        reach: {
          ...viewerWith('OWN').reach,
          scopes: new Map([
            ['employees:read', scope],
            ['employees:write', scope],
            ['employees:sensitive', scope],
          ]),
        },
      });
    expect(visibleOwners(viewerOf('OWN'), 'employees:read')).toEqual(['own', 'member', 'colleague']);
    expect(visibleOwners(viewerOf('DEPARTMENT'), 'employees:read')).toEqual(['own', 'colleague', 'member']);
    expect(visibleOwners(viewerOf('ALL'), 'employees:read')).toBe('everybody');
    for (const permission of ['employees:write', 'employees:sensitive'] as const) {
      expect(visibleOwners(viewerOf('OWN'), permission)).toEqual(['own']);
    }
  });

  it('are nobody without the permission, whatever scope the database gives it', () => {
    expect(visibleOwners(viewerWith('ALL'), 'assets:write')).toEqual([]);
    expect(visibleOwners(viewerWith('ALL'), 'assets:delete')).toEqual([]);
  });

  it('are nobody with a permission whose scope isn’t known', () => {
    expect(visibleOwners(viewerWith('ALL', { reach: noReach }), 'assets:read')).toEqual([]);
  });

  it('are everybody for a manager', () => {
    const manager = viewerWith('OWN', { role: 'manager', permissions: new Set(), reach: noReach });
    expect(visibleOwners(manager, 'assets:read')).toBe('everybody');
  });
});

describe('what a viewer lacks of a grant', () => {
  const lacks = (held: RowScope, wanted: RowScope) =>
    missingPermissions(
      viewerWith(held),
      new Map<string, RowScope>([
        ['assets:read', wanted],
        ['users:read', 'ALL'],
      ]),
    );

  it.each(rowScopes)('is nothing up to the scope %s that they have', (held) => {
    const up = rowScopes.slice(0, rowScopes.indexOf(held) + 1);
    expect(up.flatMap((wanted) => lacks(held, wanted))).toEqual([]);
  });

  it.each<[RowScope, RowScope]>([
    ['OWN', 'DEPARTMENT'],
    ['OWN', 'ALL'],
    ['DEPARTMENT', 'ALL'],
  ])('is, with %s, the permission for %s', (held, wanted) => {
    expect(lacks(held, wanted)).toEqual([`assets:read (${wanted})`]);
  });

  it('is the permission alone where they lack it altogether', () => {
    expect(missingPermissions(viewerWith('ALL'), new Map([['assets:write', 'OWN']]))).toEqual([
      'assets:write',
    ]);
  });
});
