import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeGlobalId } from '../../src/graphql/global-id.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { GraphQLClient } from '../support/graphql-client.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { meetInTurn } from '../support/row-locks.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let elsewhere: GraphQLClient;

beforeAll(async () => {
  fleet = await createTestFleet({}, undefined, { comparesExecutions: true });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  elsewhere = fleet.startApp().graphql;
});
afterAll(() => fleet.close());

type Variables = Readonly<Record<string, unknown>>;

const ask = (query: string, variables: Variables, graphql = fleet.graphql) =>
  graphql(query, { token: admin.token, variables });

const create = (parentId: string | null, graphql?: GraphQLClient) =>
  ask(
    'mutation ($input: DepartmentCreateInput!) { createDepartment(input: $input) { uuid parent { uuid } } }',
    { input: { code: `D-${randomUUID()}`, name: 'D', parentId } },
    graphql,
  );

const update = (id: string, input: object, graphql?: GraphQLClient) =>
  ask(
    'mutation ($id: ID!, $input: DepartmentUpdateInput!) { updateDepartment(departmentId: $id, input: $input) { parent { uuid } } }',
    { id, input },
    graphql,
  );

const remove = (id: string, reassignTo: string | null = null) =>
  ask('mutation ($id: ID!, $to: ID) { deleteDepartment(departmentId: $id, reassignTo: $to) { success } }', {
    id,
    to: reassignTo,
  });

const restore = (id: string) =>
  ask('mutation ($id: ID!) { restoreDepartment(departmentId: $id) { parent { uuid } } }', { id });

const move = (id: string, parentId: string | null, graphql?: GraphQLClient) =>
  update(id, { parentId }, graphql);

/** Adds a department past the application. */
async function add(parentId: string | null = null, more: object = {}): Promise<string> {
  const { id } = await acme.db.department.create({
    data: { code: `D-${randomUUID()}`, name: 'D', parentId, ...more },
    select: { id: true },
  });
  return id;
}

/** Adds departments below one another, the topmost first. */
async function addChain(length: number): Promise<string[]> {
  const chain: string[] = [];
  for (let index = 0; index < length; index++) chain.push(await add(chain.at(-1) ?? null));
  return chain;
}

const parentOf = async (id: string) =>
  (await acme.db.department.findUniqueOrThrow({ where: { id }, select: { parentId: true } })).parentId;

const countSchema = z.tuple([z.object({ count: z.int() })]);

/** Counts live departments that are unreachable from the top, and live users and departments in a deleted one. */
async function countBroken(): Promise<number> {
  const rows = await acme.db.$queryRaw`
    WITH RECURSIVE reached AS (
      SELECT id FROM sys.departments WHERE parent_id IS NULL AND deleted_at IS NULL
      UNION ALL
      SELECT d.id FROM sys.departments d JOIN reached ON d.parent_id = reached.id WHERE d.deleted_at IS NULL
    )
    SELECT ((SELECT count(*) FROM sys.departments WHERE deleted_at IS NULL AND id NOT IN (SELECT id FROM reached))
      + (SELECT count(*) FROM sys.users u JOIN sys.departments d ON d.id = u.department_id
         WHERE u.deleted_at IS NULL AND d.deleted_at IS NOT NULL))::int AS count`;
  return countSchema.parse(rows)[0].count;
}

describe('the tree of departments', () => {
  it('is read up and down', async () => {
    const [top = '', middle = '', bottom = ''] = await addChain(3);
    const gone = await add(middle, { deletedAt: new Date() });
    const { data } = await ask(
      'query ($id: ID!) { department(departmentId: $id) { parent { uuid parent { uuid } } children { edges { node { uuid } } } } }',
      { id: middle },
    );
    expect(gone).not.toBe(bottom);
    expect(data.department).toEqual({
      parent: { uuid: top, parent: null },
      children: { edges: [{ node: { uuid: bottom } }] },
    });
  });

  it.each(['parent', 'children'])(
    'is hidden from who may read a department as a user’s alone: not even whether it has a %s is told',
    async (field) => {
      const [, middle = ''] = await addChain(3);
      const member = await addPerson(fleet, acme, { permissions: [] }, { departmentId: middle });
      const clerk = await addPerson(fleet, acme, { permissions: ['users:read'] });
      const answer = await fleet.graphql(
        `query ($id: ID!) { user(userId: $id) { department { name ${field} { __typename } } } }`,
        { token: clerk.token, variables: { id: member.id } },
      );
      expect(answer.codes).toEqual(['FORBIDDEN']);
      expect(JSON.stringify(answer.data)).not.toContain('Department"');
    },
  );

  it('takes a new department below one that is there, by either form of its id, and below no other', async () => {
    const top = await add();
    for (const parentId of [top, encodeGlobalId('Department', top)]) {
      expect((await create(parentId)).data.createDepartment.parent).toEqual({ uuid: top });
    }
    const gone = await add(null, { deletedAt: new Date() });
    for (const parentId of [randomUUID(), gone, 'nonsense', encodeGlobalId('Branch', top)]) {
      const { errors } = await create(parentId);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'parentId'] }],
      });
    }
  });

  it('moves a department with all below it, to another place and to the top', async () => {
    const [top = '', middle = '', bottom = ''] = await addChain(3);
    const other = await add();
    expect((await move(middle, other)).data.updateDepartment.parent).toEqual({ uuid: other });
    expect(await parentOf(bottom)).toBe(middle);
    expect((await move(middle, null)).data.updateDepartment.parent).toBeNull();
    expect((await update(bottom, { name: 'Renamed' })).data.updateDepartment.parent).toEqual({
      uuid: middle,
    });
    expect((await move(top, bottom)).codes).toEqual([]);
  });

  it('puts no department below itself, however far', async () => {
    const chain = await addChain(4);
    const [top = ''] = chain;
    for (const below of chain) {
      const { errors } = await move(top, below);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['input', 'parentId'] }],
      });
    }
    expect(await parentOf(top)).toBeNull();
  });

  it('has no circle after two opposite moves at once: one is refused, 20 times', async () => {
    for (let round = 0; round < 20; round++) {
      const [a, b] = [await add(), await add()];
      const answers = await meetInTurn(acme, [() => move(a, b), () => move(b, a, elsewhere)]);
      expect(answers.map(({ codes }) => codes)).toEqual([[], ['VALIDATION_FAILED']]);
    }
    expect(await countBroken()).toBe(0);
  });

  it('has no circle after three moves at once that would close one', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b, c] = [await add(), await add(), await add()];
      const answers = await Promise.all([move(a, b), move(b, c, elsewhere), move(c, a)]);
      expect(answers.flatMap(({ codes }) => codes)).toEqual(['VALIDATION_FAILED']);
    }
    expect(await countBroken()).toBe(0);
  });
});

describe('a department that is deleted', () => {
  it('must be empty, and it is said of what', async () => {
    const [top = '', middle = ''] = await addChain(2);
    await addPerson(fleet, acme, { roleId: null, permissions: [] }, { departmentId: top });
    await addPerson(fleet, acme, { roleId: null, permissions: [] }, { departmentId: top, isActive: false });
    await addPerson(
      fleet,
      acme,
      { roleId: null, permissions: [] },
      { departmentId: top, deletedAt: new Date() },
    );
    await add(top, { deletedAt: new Date() });
    const { errors } = await remove(top);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'IN_USE',
      dependents: [
        { type: 'User', count: 2 },
        { type: 'Department', count: 1 },
      ],
    });
    expect((await remove(middle)).codes).toEqual([]);
  });

  it('may have deleted users and departments', async () => {
    const id = await add();
    await addPerson(
      fleet,
      acme,
      { roleId: null, permissions: [] },
      { departmentId: id, deletedAt: new Date() },
    );
    await add(id, { deletedAt: new Date() });
    expect((await remove(id)).codes).toEqual([]);
  });

  it('hands its users and the departments right below it to another, and nothing else', async () => {
    const [top = '', middle = '', bottom = ''] = await addChain(3);
    const heir = await add();
    const [inTop, inMiddle, deleted] = [
      await addPerson(fleet, acme, { roleId: null, permissions: [] }, { departmentId: top }),
      await addPerson(fleet, acme, { roleId: null, permissions: [] }, { departmentId: middle }),
      await addPerson(
        fleet,
        acme,
        { roleId: null, permissions: [] },
        { departmentId: top, deletedAt: new Date() },
      ),
    ];
    expect((await remove(top, encodeGlobalId('Department', heir))).codes).toEqual([]);
    const departmentOf = async ({ id }: Person) =>
      (await acme.db.user.findUniqueOrThrow({ where: { id } })).departmentId;
    expect(await Promise.all([inTop, inMiddle, deleted].map(departmentOf))).toEqual([heir, middle, top]);
    expect([await parentOf(middle), await parentOf(bottom)]).toEqual([heir, middle]);
    expect(await acme.db.user.findUniqueOrThrow({ where: { id: inTop.id } })).toMatchObject({
      updatedBy: admin.id,
    });
  });

  it('hands them to what it stands below', async () => {
    const [top = '', middle = '', bottom = ''] = await addChain(3);
    expect((await remove(middle, top)).codes).toEqual([]);
    expect(await parentOf(bottom)).toBe(top);
  });

  it('hands nothing to itself, to what stands below it, or to what is not there', async () => {
    const [top = '', middle = '', bottom = ''] = await addChain(3);
    const gone = await add(null, { deletedAt: new Date() });
    for (const heir of [top, middle, bottom, gone, randomUUID(), '', encodeGlobalId('User', middle)]) {
      const { errors } = await remove(top, heir);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: ['reassignTo'] }],
      });
    }
    expect(await acme.db.department.count({ where: { id: top, deletedAt: null } })).toBe(1);
  });

  const arrivals = {
    'a new user': (departmentId: string) => {
      const username = `arrival-${randomUUID()}`;
      return ask(
        'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }',
        {
          input: {
            username,
            email: `${username}@example.com`,
            password: 'Password123!',
            fullName: 'A',
            departmentId,
          },
        },
        elsewhere,
      );
    },
    'a user who moves': async (departmentId: string) => {
      const { id } = await addPerson(fleet, acme, { roleId: null, permissions: [] });
      return ask(
        'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }',
        { id, input: { departmentId } },
        elsewhere,
      );
    },
    'a new department': (departmentId: string) => create(departmentId, elsewhere),
    'a department that moves': async (departmentId: string) => move(await add(), departmentId, elsewhere),
  };
  const arrivalNames = [
    'a new user',
    'a user who moves',
    'a new department',
    'a department that moves',
  ] as const;

  it.each(arrivalNames)('never gets %s while it goes, whoever comes first', async (arrival) => {
    for (let round = 0; round < 4; round++) {
      const id = await add();
      const deletion = () => remove(id);
      const arriving = () => arrivals[arrival](id);
      const [first, second] = await meetInTurn(
        acme,
        round % 2 === 0 ? [deletion, arriving] : [arriving, deletion],
      );
      expect(first?.codes).toEqual([]);
      expect(second?.codes).toEqual([round % 2 === 0 ? 'VALIDATION_FAILED' : 'CONFLICT']);
    }
    expect(await countBroken()).toBe(0);
  });

  it('is no heir of what is deleted at the same time', async () => {
    const [a, b] = [await add(), await add()];
    const answers = await meetInTurn(acme, [() => remove(b), () => remove(a, b)]);
    expect(answers.map(({ codes }) => codes)).toEqual([[], ['VALIDATION_FAILED']]);
    expect(await countBroken()).toBe(0);
  });

  it('comes back where it was, or at the top when what was above it is gone', async () => {
    const [top = '', middle = ''] = await addChain(2);
    await remove(middle);
    expect((await restore(middle)).data.restoreDepartment.parent).toEqual({ uuid: top });
    await remove(middle);
    await remove(top);
    expect((await restore(middle)).data.restoreDepartment.parent).toBeNull();
    expect((await restore(top)).data.restoreDepartment.parent).toBeNull();
    expect(await countBroken()).toBe(0);
  });

  it('comes back without those whom it has handed over', async () => {
    const [top = '', middle = ''] = await addChain(2);
    const heir = await add();
    await remove(top, heir);
    await restore(top);
    expect(await parentOf(middle)).toBe(heir);
  });

  it('is left by a user who comes back', async () => {
    const departmentId = await add();
    const { id } = await addPerson(
      fleet,
      acme,
      { roleId: null, permissions: [] },
      { departmentId, deletedAt: new Date() },
    );
    await remove(departmentId);
    const { data } = await ask('mutation ($id: ID!) { restoreUser(userId: $id) { department { uuid } } }', {
      id,
    });
    expect(data.restoreUser.department).toBeNull();
    expect(await countBroken()).toBe(0);
  });
});
