import { expect, it } from 'vitest';
import type { RowScope } from '../../../src/auth/row-scopes.ts';
import type { Viewer } from '../../../src/auth/viewer.ts';
import { toOne } from '../../../src/graphql/entities/to-one.ts';

const viewerWith = (scope: RowScope | null): Viewer => ({
  userId: 'own',
  username: 'john',
  sessionId: 'session',
  role: 'tenant_user',
  tenantKey: 'acme01',
  permissions: new Set(scope === null ? [] : ['assets:read']),
  reach: {
    scopes: new Map<string, RowScope>(scope === null ? [] : [['assets:read', scope]]),
    colleagueIds: ['own', 'colleague'],
    headedIds: [],
  },
});

const asset = toOne('Asset');
const holders = ['own', 'colleague', 'stranger', null];

it.each([
  ['OWN', ['own']],
  ['DEPARTMENT', ['own', 'colleague']],
  ['ALL', holders],
  [null, []],
] as const)(
  'a relation to one asset with the scope %s shows those of %j, and of others nothing',
  (scope, shown) => {
    const viewer = viewerWith(scope);
    const seen = holders.filter((holderId) => asset.visible({ id: 'asset', holderId }, { viewer }) !== null);
    expect(seen).toEqual(shown);
  },
);

it('a relation to no asset shows none', () => {
  expect(asset.visible(null, { viewer: viewerWith('ALL') })).toBeNull();
});

it('what says for whom the related row exists is loaded with it', () => {
  expect(asset.columns).toEqual({ id: true, holderId: true });
  expect(toOne('Branch').columns).toEqual({ id: true });
});
