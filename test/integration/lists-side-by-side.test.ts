import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PermissionCode } from '../../src/auth/permissions.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant, testPassword } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet({ RESPONSE_CACHE_TTL: '0' }, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const ask = (query: string, variables: Readonly<Record<string, unknown>> = {}, { token } = admin) =>
  fleet.graphql(query, { token, variables });

/** Two pages of the same list, which one statement can't load. */
const bothEnds = (list: string) =>
  ['first', 'last']
    .map((end) => `${end}: ${list}(${end}: 1) { totalCount edges { node { code } } }`)
    .join(' ');

const pages = (first: string, last: string) => ({
  first: { totalCount: 2, edges: [{ node: { code: first } }] },
  last: { totalCount: 2, edges: [{ node: { code: last } }] },
});

describe('two pages of one list, side by side', () => {
  it('are there below a user who is deleted, however they are reached', async () => {
    const tag = randomUUID();
    const id = await addRow(acme.db, 'User', { label: tag });
    const codes = [`${tag}-1`, `${tag}-2`] as const;
    const [asset] = [
      await addRow(acme.db, 'Asset', { code: codes[0], holderId: id, createdBy: id }),
      await addRow(acme.db, 'Asset', { code: codes[1], holderId: id }),
    ];
    await acme.db.user.update({ where: { id }, data: { deletedAt: new Date() } });
    const { data, errors } = await ask(
      `query ($asset: ID!, $tag: String!) {
        users(deleted: true, first: 1, search: $tag) { edges { node { ${bothEnds('assets')} } } }
        asset(assetId: $asset) { holder { ${bothEnds('assets')} } createdBy { ${bothEnds('assets')} } }
      }`,
      { asset, tag },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      users: { edges: [{ node: pages(...codes) }] },
      asset: { holder: pages(...codes), createdBy: pages(...codes) },
    });
  });

  it('are there below a department that is deleted', async () => {
    const tag = randomUUID();
    const parentId = await addRow(acme.db, 'Department');
    const codes = [`${tag}-1`, `${tag}-2`] as const;
    const ids = [];
    for (const code of codes) {
      ids.push(await addRow(acme.db, 'Department', { code, label: code, parentId }));
    }
    await acme.db.department.update({ where: { id: parentId }, data: { deletedAt: new Date() } });
    const { data, errors } = await ask(
      `query ($id: ID!) { department(departmentId: $id) { parent { ${bothEnds('children')} } } }`,
      { id: ids[0] },
    );
    expect(errors).toEqual([]);
    expect(data.department.parent).toEqual(pages(...codes));
  });

  it('are there for whoever has written a user and may not read others', async () => {
    const permissions: PermissionCode[] = ['users:write', 'assets:read'];
    const clerk = await addPerson(fleet, acme, { permissions });
    const username = `u-${randomUUID()}`;
    const input = { username, email: `${username}@example.com`, fullName: 'N', password: testPassword };
    const { data, errors } = await ask(
      `mutation ($input: UserCreateInput!) { createUser(input: $input) { ${bothEnds('assets')} } }`,
      { input },
      clerk,
    );
    expect(errors).toEqual([]);
    const none = { totalCount: 0, edges: [] };
    expect(data.createUser).toEqual({ first: none, last: none });
  });
});
