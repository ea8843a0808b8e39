import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor, Viewer } from '../../src/auth/viewer.ts';
import type { TenantTransaction } from '../../src/db/tenant-client.ts';
import { reassignDependents } from '../../src/entities/dependents.ts';
import { optionalReference } from '../../src/entities/fields.ts';
import { findMissingReferences } from '../../src/entities/references.ts';
import { ValidationFailedError } from '../../src/errors/index.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { lockRow } from '../support/row-locks.ts';
import { createScopeFixture, type ScopeFixture } from './scope-fixture.ts';

let fleet: TestFleet;
let acme: TestTenant;
let us: ScopeFixture;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  us = await createScopeFixture(fleet, acme, { 'assets:read': 'OWN', 'assets:delete': 'OWN' });
});
afterAll(() => fleet.close());

function viewerOf({ viewer: { id, username } }: ScopeFixture): Viewer {
  const scopes = new Map([
    ['assets:read', 'OWN'],
    ['assets:delete', 'OWN'],
  ] as const);
  return {
    userId: id,
    username,
    sessionId: id,
    role: 'tenant_user',
    tenantKey: acme.tenantKey,
    permissions: new Set(scopes.keys()),
    reach: { scopes, colleagueIds: [], headedIds: [] },
  };
}

// No entity refers to assets yet, and none hands over what refers to them.
const referring = {
  columns: [['assetId', optionalReference('Asset', { description: 'An asset.' })]],
} as const;
const replaceable = { name: 'Asset', resource: 'assets', dependents: [] } as const;

/** Runs work in a transaction that waits for nobody’s lock. */
const unwaiting = <T>(work: (transaction: TenantTransaction) => Promise<T>) =>
  acme.db.$transaction(async (transaction) => {
    await transaction.$executeRaw`SET LOCAL lock_timeout = '1s'`;
    return work(transaction);
  });

describe('a row out of scope that others are changing', () => {
  it('is no reference, without a wait that would tell that it is there', async () => {
    const id = us.assets.stranger;
    const held = await lockRow(acme, 'hrm.assets', id);
    const missing = unwaiting((transaction) =>
      findMissingReferences(transaction, viewerOf(us), referring, { assetId: id }),
    ).finally(() => held.release());
    expect(await missing).toEqual(['assetId']);
  });

  it('takes nothing over, without such a wait', async () => {
    const id = us.assets.stranger;
    const actor: Actor = { viewer: viewerOf(us), requestId: 'r', address: null };
    const held = await lockRow(acme, 'hrm.assets', id);
    const handedOver = unwaiting((transaction) =>
      reassignDependents(transaction, actor, replaceable, us.assets.own, id),
    ).finally(() => held.release());
    await expect(handedOver).rejects.toThrow(ValidationFailedError);
  });
});
