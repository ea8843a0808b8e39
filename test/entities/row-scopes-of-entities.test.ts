import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowScopes } from '../../src/auth/row-scopes.ts';
import { ownersOf } from '../../src/catalogue/entities.ts';
import { delegateOf } from '../../src/entities/references.ts';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addRow, byName, testedEntities } from './entity-table.ts';
import { createScopeFixture, type Owner, owners, reached, type ScopeFixture } from './scope-fixture.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

/** Assets, with which the other tests of row scopes work, are tested there. */
const owned = testedEntities.filter(({ name }) => name !== 'Asset' && ownersOf(name).length > 0);

describe.each(byName(owned))('rows of %s', (type, entity) => {
  const { resource, list, model, idArgument, text, itself } = entity;
  const [ownerColumn = ''] = ownersOf(type);

  describe.each(rowScopes)('for whoever may do everything with %s', (scope) => {
    const visible = reached[scope];
    const hidden = owners.filter((owner) => !visible.includes(owner));
    let us: ScopeFixture;
    let ids: Readonly<Record<Owner, string>>;

    beforeAll(async () => {
      const permissions = ['read', 'write', 'delete'].map(
        (action) => [`${resource}:${action}`, scope] as const,
      );
      us = await createScopeFixture(fleet, acme, Object.fromEntries(permissions));
      const add = (owner: Owner) =>
        addRow(acme.db, type, { [ownerColumn]: owner === 'nobody' ? null : us.ids[owner] });
      ids = {
        own: await add('own'),
        colleague: await add('colleague'),
        stranger: await add('stranger'),
        nobody: await add('nobody'),
      };
    });

    const ask = (query: string, variables: object = {}) =>
      fleet.graphql(query, { token: us.viewer.token, variables: { ...variables } });
    const idsOf = (some: readonly Owner[]) => some.map((owner) => ids[owner]).sort();

    it('are listed and counted within reach alone', async () => {
      const { data, errors } = await ask(
        `{ ${list}(first: 100) { edges { node { uuid } } pageInfo { totalCount } } }`,
      );
      expect(errors).toEqual([]);
      const shown = data[list].edges.map(({ node }: { node: { uuid: string } }) => node.uuid);
      const expected =
        scope === 'ALL' ? await delegateOf(acme.db, type).findMany({ where: { deletedAt: null } }) : visible;
      expect(data[list].pageInfo.totalCount).toBe(expected.length);
      expect(shown.filter((id: string) => idsOf(owners).includes(id)).sort()).toEqual(idsOf(visible));
    });

    it.each(owners)('are found by their id within reach alone: %s', async (owner) => {
      const { data } = await ask(
        `query ($id: ID!, $global: ID!) { one: ${model}(${idArgument}: $id) { uuid } node(id: $global) { id } }`,
        { id: ids[owner], global: encodeGlobalId(type, ids[owner]) },
      );
      const isVisible = visible.includes(owner);
      expect(data.one).toEqual(isVisible ? { uuid: ids[owner] } : null);
      expect(data.node).toEqual(isVisible ? { id: encodeGlobalId(type, ids[owner]) } : null);
    });

    if (itself?.mutations !== undefined) return;

    it.each(owners)('are changed within reach alone: %s', async (owner) => {
      const { codes } = await ask(
        `mutation ($id: ID!, $input: ${type}UpdateInput!) { update${type}(${idArgument}: $id, input: $input) { uuid } }`,
        { id: ids[owner], input: { [text.field]: owner } },
      );
      expect(codes).toEqual(visible.includes(owner) ? [] : ['NOT_FOUND']);
      const row = await delegateOf(acme.db, type).findFirst({ where: { id: ids[owner] } });
      const changed: unknown = row && Reflect.get(row, text.field);
      if (visible.includes(owner)) expect(changed).toBe(owner);
      else expect(changed).not.toBe(owner);
    });

    it.each(hidden)('are not deleted out of reach: %s', async (owner) => {
      const { codes } = await ask(`mutation ($id: ID!) { delete${type}(${idArgument}: $id) { deletedId } }`, {
        id: ids[owner],
      });
      expect(codes).toEqual(['NOT_FOUND']);
      const row = await delegateOf(acme.db, type).findFirst({ where: { id: ids[owner] } });
      expect(row).toMatchObject({ deletedAt: null });
    });
  });
});
