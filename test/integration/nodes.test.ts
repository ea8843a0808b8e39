import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

describe('node and nodes', () => {
  let fleet: TestFleet;
  let acme: TestTenant;
  let admin: string;
  let john: string;
  let ids: Record<'User' | 'Role' | 'Department' | 'Branch', string>;

  beforeAll(async () => {
    fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
    acme = await fleet.provision('acme01');
    const role = await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_user' } });
    const { passwordHash } = await acme.db.user.findFirstOrThrow({ omit: { passwordHash: false } });
    await acme.db.user.create({
      data: { username: 'john', email: 'j@example.com', fullName: 'John', passwordHash, roleId: role.id },
    });
    const [user, department, branch] = await Promise.all([
      acme.db.user.findFirstOrThrow({ where: { username: 'admin' } }),
      acme.db.department.create({ data: { code: 'D', name: 'D' } }),
      acme.db.branch.create({ data: { code: 'B', name: 'B' } }),
    ]);
    ids = {
      User: encodeGlobalId('User', user.id),
      Role: encodeGlobalId('Role', role.id),
      Department: encodeGlobalId('Department', department.id),
      Branch: encodeGlobalId('Branch', branch.id),
    };
    admin = (await fleet.signIn('acme01')).accessToken;
    john = (await fleet.signIn('acme01', 'john')).accessToken;
  });
  afterAll(() => fleet.close());

  const node = (id: string, token?: string) =>
    fleet.graphql('query ($id: ID!) { node(id: $id) { __typename id } }', { token, variables: { id } });

  it.each(['User', 'Role', 'Department', 'Branch'] as const)(
    'fetches a %s by its global id',
    async (type) => {
      const { data } = await node(ids[type], admin);
      expect(data.node).toEqual({ __typename: type, id: ids[type] });
    },
  );

  it('fetches several in the order asked for, with null for what is not there', async () => {
    const missing = encodeGlobalId('User', randomUUID());
    const { data, errors } = await fleet.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      token: admin,
      variables: { ids: [ids.Branch, missing, ids.User] },
    });
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual([{ id: ids.Branch }, null, { id: ids.User }]);
  });

  it.each(['Role', 'Department', 'Branch'] as const)(
    'keeps a %s from who lacks its permission',
    async (type) => {
      const { data, codes } = await node(ids[type], john);
      expect({ data, codes }).toEqual({ data: { node: null }, codes: ['FORBIDDEN'] });
    },
  );

  it('keeps everything from who is not signed in', async () => {
    expect((await node(ids.User)).codes).toEqual(['UNAUTHENTICATED']);
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
});
