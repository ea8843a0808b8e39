import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { addRow, testedEntities } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

describe('node and nodes', () => {
  let fleet: TestFleet;
  let acme: TestTenant;
  let admin: string;
  let john: string;
  /** The global id of a row of each entity. */
  let ids: ReadonlyMap<string, string>;

  beforeAll(async () => {
    fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
    acme = await fleet.provision('acme01');
    const { passwordHash } = await acme.db.user.findFirstOrThrow({ omit: { passwordHash: false } });
    await acme.db.user.create({
      data: { username: 'john', email: 'j@example.com', fullName: 'John', passwordHash },
    });
    const rows = testedEntities.map(async ({ name }) => [name, await addRow(acme.db, name)] as const);
    ids = new Map((await Promise.all(rows)).map(([name, id]) => [name, encodeGlobalId(name, id)]));
    admin = (await fleet.signIn('acme01')).accessToken;
    john = (await fleet.signIn('acme01', 'john')).accessToken;
  });
  afterAll(() => fleet.close());

  const idOf = (name: string) => ids.get(name) ?? '';

  const node = (id: string, token?: string) =>
    fleet.graphql('query ($id: ID!) { node(id: $id) { __typename id } }', { token, variables: { id } });

  it.each(testedEntities.map(({ name }) => name))('fetches a %s by its global id', async (type) => {
    const { data } = await node(idOf(type), admin);
    expect(data.node).toEqual({ __typename: type, id: idOf(type) });
  });

  it('fetches several in the order asked for, with null for what is not there', async () => {
    const missing = encodeGlobalId('User', randomUUID());
    const { data, errors } = await fleet.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      token: admin,
      variables: { ids: [idOf('Branch'), missing, idOf('User')] },
    });
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual([{ id: idOf('Branch') }, null, { id: idOf('User') }]);
  });

  it.each(testedEntities.flatMap(({ name }) => (name === 'User' ? [] : [name])))(
    'keeps a %s from who lacks its permission',
    async (type) => {
      const { data, codes } = await node(idOf(type), john);
      expect({ data, codes }).toEqual({ data: { node: null }, codes: ['FORBIDDEN'] });
    },
  );

  it('keeps everything from who is not signed in', async () => {
    expect((await node(idOf('User'))).codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each([
    '',
    'garbage',
    encodeGlobalId('User', 'x'),
    encodeGlobalId('Permission', randomUUID()),
    randomUUID(),
  ])('refuses the id %j', async (id) => {
    const { data, codes } = await node(id, admin);
    expect({ data, codes }).toEqual({ data: { node: null }, codes: ['VALIDATION_FAILED'] });
  });

  it('names each id that it can’t read by its place in the list', async () => {
    const { errors } = await fleet.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      token: admin,
      variables: { ids: [idOf('User'), 'garbage', randomUUID()] },
    });
    const fields = errors[0]?.extensions?.fields;
    expect(fields).toEqual([
      expect.objectContaining({ path: ['ids', 1] }),
      expect.objectContaining({ path: ['ids', 2] }),
    ]);
  });
});
