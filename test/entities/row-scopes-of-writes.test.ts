import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RowScope, rowScopes } from '../../src/auth/row-scopes.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { ScopedPermissions } from '../support/scoped-roles.ts';
import { readEveryRow } from '../support/snapshots.ts';
import {
  createScopeFixture,
  type Owner,
  owners,
  reached,
  type ScopeFixture,
  withoutId,
} from './scope-fixture.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

const ask = (
  { viewer: { token } }: ScopeFixture,
  query: string,
  variables: Readonly<Record<string, unknown>>,
) => fleet.graphql(query, { token, variables });

const create = (us: ScopeFixture, input: object) =>
  ask(
    us,
    'mutation ($input: AssetCreateInput!) { answer: createAsset(input: $input) { uuid holder { uuid } } }',
    {
      input: { code: `N-${randomUUID()}`, name: 'New', ...input },
    },
  );

const update = (us: ScopeFixture, id: string, input: object, expectedUpdatedAt?: string) =>
  ask(
    us,
    `mutation ($id: ID!, $input: AssetUpdateInput!, $expected: DateTime) {
      answer: updateAsset(assetId: $id, input: $input, expectedUpdatedAt: $expected) { __typename }
    }`,
    { id, input, expected: expectedUpdatedAt ?? null },
  );

const rename = (us: ScopeFixture, id: string) => update(us, id, { name: 'Renamed' });
const remove = (us: ScopeFixture, id: string) =>
  ask(us, 'mutation ($id: ID!) { answer: deleteAsset(assetId: $id) { success message } }', { id });
const restore = (us: ScopeFixture, id: string) =>
  ask(us, 'mutation ($id: ID!) { answer: restoreAsset(assetId: $id) { __typename } }', { id });

const createFixture = (permissions: ScopedPermissions | 'manager') =>
  createScopeFixture(fleet, acme, permissions);

/** Scopes of two permissions; null stands for who may write what they can’t read. */
const pairs = ([...rowScopes, null] as const).flatMap((read) =>
  rowScopes.map((action) => [read, action] as const),
);

function granted(read: RowScope | null, action: string, scope: RowScope): ScopedPermissions {
  return { ...(read ? { 'assets:read': read } : {}), [`assets:${action}`]: scope };
}

const existing = (read: RowScope | null, action: RowScope): readonly Owner[] =>
  owners.filter((owner) => reached[action].includes(owner) && (!read || reached[read].includes(owner)));

type Act = (us: ScopeFixture, id: string) => ReturnType<typeof ask>;

/** Expects a change of a row to be answered as that of a row that isn’t there, and to change nothing. */
async function expectHidden(us: ScopeFixture, owner: Owner, act: Act): Promise<void> {
  const id = us.assets[owner];
  for (const idOf of [(uuid: string) => uuid, (uuid: string) => encodeGlobalId('Asset', uuid)]) {
    const before = await readEveryRow(acme.db);
    const unknown = randomUUID();
    const none = await act(us, idOf(unknown));
    expect(none.codes).toEqual(['NOT_FOUND']);
    expect(withoutId(await act(us, idOf(id)), id)).toBe(withoutId(none, unknown));
    expect(await readEveryRow(acme.db)).toEqual(before);
  }
}

/** Expects a change of these rows to be made, and of others to be answered as of rows that aren’t there. */
async function expectAlone(us: ScopeFixture, visible: readonly Owner[], act: Act): Promise<void> {
  for (const owner of owners) {
    if (!visible.includes(owner)) await expectHidden(us, owner, act);
    else expect([owner, (await act(us, us.assets[owner])).codes]).toEqual([owner, []]);
  }
}

describe.each(pairs)('whoever reads assets with %s and writes them with %s', (read, write) => {
  const visible = existing(read, write);

  it('changes those alone that both are about', async () => {
    const us = await createFixture(granted(read, 'write', write));
    await expectAlone(us, visible, rename);
    for (const owner of owners) {
      const { name } = await acme.db.asset.findUniqueOrThrow({ where: { id: us.assets[owner] } });
      expect(name).toBe(visible.includes(owner) ? 'Renamed' : owner);
    }
  });

  it('is told of others neither that they are newer, nor that a code, a holder or a branch would not do', async () => {
    const us = await createFixture(granted(read, 'write', write));
    const { code } = await acme.db.asset.findUniqueOrThrow({ where: { id: us.assets.own } });
    const changes = { code, holderId: us.ids.stranger, branchId: randomUUID() };
    for (const owner of owners.filter((each) => !visible.includes(each))) {
      await expectHidden(us, owner, (by, id) => update(by, id, changes, '2020-01-01T00:00:00Z'));
    }
  });
});

describe.each(pairs)('whoever reads assets with %s and deletes them with %s', (read, action) => {
  it('deletes those alone that both are about', async () => {
    await expectAlone(await createFixture(granted(read, 'delete', action)), existing(read, action), remove);
  });

  it('restores those alone that both are about', async () => {
    const us = await createFixture(granted(read, 'delete', action));
    await acme.db.asset.updateMany({ where: { branchId: us.branch }, data: { deletedAt: new Date() } });
    await expectAlone(us, existing(read, action), restore);
  });
});

const atHolder = [{ code: 'VALIDATION_FAILED', fields: [{ path: ['input', 'holderId'] }] }];

describe.each([...rowScopes, 'manager'] as const)('whoever writes assets with %s', (writing) => {
  const scope: RowScope = writing === 'manager' ? 'ALL' : writing;
  const reach = reached[scope];
  let us: ScopeFixture;

  beforeAll(async () => {
    us = await createFixture(
      writing === 'manager'
        ? 'manager'
        : { 'assets:read': 'ALL', 'assets:write': scope, 'users:read': 'ALL' },
    );
  });

  const holderOf = (owner: Owner) => (owner === 'nobody' ? null : us.ids[owner]);

  it('creates them for themselves when they name no holder and nobody’s is beyond their reach', async () => {
    const { data, errors } = await create(us, {});
    expect(errors).toEqual([]);
    expect(data.answer.holder).toEqual(scope === 'ALL' ? null : { uuid: us.viewer.id });
  });

  it.each(owners)('creates them for others within reach alone: %s', async (owner) => {
    const before = await readEveryRow(acme.db);
    const { data, errors } = await create(us, { holderId: holderOf(owner) });
    if (reach.includes(owner)) {
      expect(data.answer.holder).toEqual(owner === 'nobody' ? null : { uuid: holderOf(owner) });
    } else {
      expect(errors.map(({ extensions }) => extensions)).toMatchObject(atHolder);
      expect(await readEveryRow(acme.db)).toEqual(before);
    }
  });

  it.each(owners)('gives them away within reach alone: to %s', async (owner) => {
    const id = await us.add('own');
    const { codes, errors } = await update(us, id, { holderId: holderOf(owner) });
    const isAllowed = reach.includes(owner);
    expect(codes).toEqual(isAllowed ? [] : ['VALIDATION_FAILED']);
    if (!isAllowed) expect(errors.map(({ extensions }) => extensions)).toMatchObject(atHolder);
    const { holderId } = await acme.db.asset.findUniqueOrThrow({ where: { id } });
    expect(holderId).toBe(isAllowed ? holderOf(owner) : us.ids.own);
  });

  it('is told the same of somebody beyond reach as of nobody at all', async () => {
    const own = await us.add('own');
    for (const send of [
      (holderId: string) => create(us, { holderId }),
      (holderId: string) => update(us, own, { holderId }),
    ]) {
      const unknown = randomUUID();
      const none = await send(unknown);
      expect(none.errors.map(({ extensions }) => extensions)).toMatchObject(atHolder);
      for (const owner of owners.filter((each) => !reach.includes(each) && each !== 'nobody')) {
        const id = holderOf(owner) ?? '';
        expect(withoutId(await send(id), id)).toBe(withoutId(none, unknown));
      }
    }
  });

  it('is told of a taken code no more than that, whosever row has it', async () => {
    const said = new Set<string>();
    for (const owner of owners) {
      const { code } = await acme.db.asset.findUniqueOrThrow({ where: { id: us.assets[owner] } });
      for (const answer of [await create(us, { code }), await update(us, await us.add('own'), { code })]) {
        expect(answer.codes).toEqual(['CONFLICT']);
        said.add(withoutId(answer, code).replace('createAsset', '').replace('updateAsset', ''));
      }
    }
    expect([...said]).toHaveLength(1);
  });
});

describe('an asset', () => {
  it('that is given out of the reach for reading exists no more for who has given it', async () => {
    const us = await createFixture({ 'assets:read': 'OWN', 'assets:write': 'ALL' });
    expect((await update(us, us.assets.own, { holderId: us.ids.stranger })).codes).toEqual([]);
    expect((await rename(us, us.assets.own)).codes).toEqual(['NOT_FOUND']);
  });

  it.each(['OWN', 'DEPARTMENT', 'ALL'] as const)(
    'whose holder has been deleted since is restored within the reach of who restores it with %s',
    async (scope) => {
      const us = await createFixture({ 'assets:read': scope, 'assets:delete': scope });
      const deletedAt = new Date();
      const owner = scope === 'OWN' ? 'own' : 'colleague';
      const id = await us.add(owner, { deletedAt });
      await acme.db.user.updateMany({ where: { id: us.ids.colleague }, data: { deletedAt } });
      expect((await restore(us, id)).codes).toEqual([]);
      const { holderId } = await acme.db.asset.findUniqueOrThrow({ where: { id } });
      expect(holderId).toBe(scope === 'ALL' ? null : us.viewer.id);
    },
  );

  it('keeps it where its viewer reads, when that is not everywhere where they delete', async () => {
    const us = await createFixture({ 'assets:read': 'DEPARTMENT', 'assets:delete': 'ALL' });
    const deletedAt = new Date();
    const id = await us.add('colleague', { deletedAt });
    await acme.db.user.update({ where: { id: us.ids.colleague }, data: { deletedAt } });
    expect((await restore(us, id)).codes).toEqual([]);
    const { holderId } = await acme.db.asset.findUniqueOrThrow({ where: { id } });
    expect(holderId).toBe(us.viewer.id);
    expect((await remove(us, id)).codes).toEqual([]);
  });
});
