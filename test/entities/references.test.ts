import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson } from '../support/people.ts';
import { addRow, testedEntities } from './entity-table.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  token = (await addAdministrator(fleet, acme)).token;
});
afterAll(() => fleet.close());

const references = testedEntities.flatMap((entity) =>
  Object.entries(entity.references).map(
    ([field, type]) => [`${entity.name}.${field}`, entity, field, field.replace(/Id$/, ''), type] as const,
  ),
);

describe.each(references)('%s', (_name, entity, field, relation, type) => {
  const { name, resource, model, idArgument, needs } = entity;
  const isNeeded = needs.includes(field);

  it('is the global id of what the relation leads to, and null with it', async () => {
    const target = await addRow(acme.db, type);
    const ids = [await addRow(acme.db, name, { [field]: target })];
    if (!isNeeded) ids.push(await addRow(acme.db, name));
    const shown = [];
    for (const id of ids) {
      const { data, errors } = await fleet.graphql(
        `query ($id: ID!) { one: ${model}(${idArgument}: $id) { ${field} ${relation} { id } } }`,
        { token, variables: { id } },
      );
      expect(errors).toEqual([]);
      shown.push(data.one);
    }
    const expected = encodeGlobalId(type, target);
    expect(shown).toEqual([
      { [field]: expected, [relation]: { id: expected } },
      ...(isNeeded ? [] : [{ [field]: null, [relation]: null }]),
    ]);
  });

  it('tells whoever may read the row alone no more than the relation does', async () => {
    const target = await addRow(acme.db, type);
    const rows = [await addRow(acme.db, name, { [field]: target }), await addRow(acme.db, name)];
    const reader = await addPerson(fleet, acme, { permissions: [`${resource}:read`] });
    for (const id of rows) {
      const ask = async (selected: string) => {
        const { data, codes } = await fleet.graphql(
          `query ($id: ID!) { one: ${model}(${idArgument}: $id) { shown: ${selected} } }`,
          { token: reader.token, variables: { id } },
        );
        return { id: data.one.shown?.id ?? data.one.shown, codes };
      };
      // An id by itself, for the relation's object may show it to everybody.
      expect(await ask(field)).toEqual(await ask(`${relation} { id }`));
    }
  });
});

it('Asset.holderId is a deleted user’s until somebody else gets the asset', async () => {
  const holderId = await addRow(acme.db, 'User', { deletedAt: new Date() });
  const id = await addRow(acme.db, 'Asset', { holderId });
  const ask = (query: string, variables = {}) =>
    fleet.graphql(query, { token, variables: { id, ...variables } });
  const { data } = await ask(
    `query ($id: ID!, $holder: ID) {
      asset(assetId: $id) { holderId holder { deletedAt } }
      assets(holderId: $holder) { totalCount edges { node { uuid } } }
      users(deleted: true, first: 1) { edges { node { assets { totalCount } } } }
    }`,
    { holder: holderId },
  );
  expect(data).toEqual({
    asset: { holderId: encodeGlobalId('User', holderId), holder: { deletedAt: expect.any(String) } },
    assets: { totalCount: 1, edges: [{ node: { uuid: id } }] },
    users: { edges: [{ node: { assets: { totalCount: 1 } } }] },
  });
  const update = (input: object) =>
    ask(
      'mutation ($id: ID!, $input: AssetUpdateInput!) { updateAsset(assetId: $id, input: $input) { holderId } }',
      { input },
    );
  expect((await update({ name: 'Still theirs', holderId })).data.updateAsset.holderId).not.toBeNull();
  expect((await update({ holderId: null })).data.updateAsset.holderId).toBeNull();
  const again = await update({ holderId });
  expect(again.errors[0]?.extensions).toMatchObject({ fields: [{ path: ['input', 'holderId'] }] });
});
