import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addPerson } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let token: string;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  token = (await fleet.signIn('acme01')).accessToken;
});
afterAll(() => fleet.close());

/** Somebody who may read users, and nothing else. */
const readerOfUsers = async () => (await addPerson(fleet, acme, { permissions: ['users:read'] })).token;

describe('a refusal nulls itself alone', () => {
  it('among root fields', async () => {
    const { data, errors } = await fleet.graphql(
      '{ me { fullName } auditLog { edges { cursor } } users(first: 1) { totalCount } roles { totalCount } }',
      { token: await readerOfUsers() },
    );
    expect(data).toEqual({
      me: { fullName: 'Somebody' },
      auditLog: null,
      users: { totalCount: await acme.db.user.count() },
      roles: null,
    });
    expect(errors).toMatchObject([
      { path: ['auditLog'], extensions: { code: 'FORBIDDEN' } },
      { path: ['roles'], extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  it('in an object, whose other fields are shown', async () => {
    const departmentId = (await acme.db.department.create({ data: { code: 'TOP', name: 'Top' } })).id;
    const person = await addPerson(fleet, acme, { permissions: ['users:read'] }, { departmentId });
    const { data, errors } = await fleet.graphql(
      `query ($id: ID!) {
        user(userId: $id) { fullName department { name parent { name } } createdBy { username } role { permissions { code } } }
      }`,
      { token: await readerOfUsers(), variables: { id: person.id } },
    );
    expect(data.user).toMatchObject({
      fullName: 'Somebody',
      department: { name: 'Top', parent: null },
      role: { permissions: null },
    });
    expect(errors.map(({ path }) => path)).toEqual([
      ['user', 'department', 'parent'],
      ['user', 'role', 'permissions'],
    ]);
  });
});

describe('a mutation of several fields', () => {
  const create = (code: string) => `createBranch(input: { code: "${code}", name: "${code}" }) { code }`;

  it('tells what was done beside what failed', async () => {
    const { data, errors } = await fleet.graphql(
      `mutation { a: ${create('SAME')} b: ${create('SAME')} c: ${create('OTHER')} }`,
      { token },
    );
    expect(data).toEqual({ a: { code: 'SAME' }, b: null, c: { code: 'OTHER' } });
    expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'CONFLICT' } }]);
    const rows = await acme.db.branch.findMany({ orderBy: { code: 'asc' } });
    expect(rows.map(({ code }) => code)).toEqual(['OTHER', 'SAME']);
  });

  it('does what the viewer may, and no more', async () => {
    const { token: writer } = await addPerson(fleet, acme, { permissions: ['branches:write'] });
    const { data, codes } = await fleet.graphql(
      `mutation { refused: createRole(input: { code: "R", name: "R", permissions: [] }) { id } done: ${create('MINE')} }`,
      { token: writer },
    );
    expect(data).toEqual({ refused: null, done: { code: 'MINE' } });
    expect(codes).toEqual(['FORBIDDEN']);
    expect(await acme.db.role.count({ where: { code: 'R' } })).toBe(0);
  });
});
