import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { ClientAnswer, GraphQLClient } from '../support/graphql-client.ts';
import { addAdministrator, addManager, addPerson, type Person } from '../support/people.ts';

const maxUsers = 8;

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let apps: readonly GraphQLClient[];

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01', { maxUsers });
  admin = await addAdministrator(fleet, acme);
  apps = [fleet.graphql, fleet.startApp().graphql];
});
afterAll(() => fleet.close());

const activeUsers = () => acme.db.user.count({ where: { isActive: true, deletedAt: null } });

/** Leaves so many seats free: besides the administrator, only made-up users are active. */
async function leaveFree(free: number): Promise<void> {
  await acme.db.session.deleteMany({ where: { userId: { not: admin.id } } });
  await acme.db.user.deleteMany({ where: { id: { not: admin.id } } });
  for (let taken = 1; taken < maxUsers - free; taken++) {
    await addPerson(fleet, acme, { roleId: null, permissions: [] });
  }
}

/** Sends the change through one application or the other. */
const send = (
  index: number,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token = admin.token,
) => (apps[index % apps.length] ?? fleet.graphql)(query, { token, variables });

const createUser = (index: number, token?: string) => {
  const username = `seat-${randomUUID()}`;
  return send(
    index,
    'mutation ($input: UserCreateInput!) { createUser(input: $input) { uuid } }',
    { input: { username, email: `${username}@example.com`, password: 'Password123!', fullName: 'S' } },
    token,
  );
};
const setActive = (index: number, id: string, isActive: boolean) =>
  send(
    index,
    'mutation ($id: ID!, $input: UserUpdateInput!) { updateUser(userId: $id, input: $input) { uuid } }',
    { id, input: { isActive } },
  );
const restore = (index: number, id: string) =>
  send(index, 'mutation ($id: ID!) { restoreUser(userId: $id) { uuid } }', { id });

const inactive = async () =>
  (await addPerson(fleet, acme, { roleId: null, permissions: [] }, { isActive: false })).id;
const deleted = async () =>
  (await addPerson(fleet, acme, { roleId: null, permissions: [] }, { deletedAt: new Date() })).id;

function expectSeated(answers: readonly ClientAnswer[], seated: number): void {
  const refusals = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions));
  expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(seated);
  expect(refusals).toHaveLength(answers.length - seated);
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'SEAT_LIMIT_REACHED', maxUsers });
}

describe('the seats of a plan', () => {
  beforeEach(() => leaveFree(5));

  it('go to 5 of 12 users who are created at once, through two processes', async () => {
    expectSeated(await Promise.all(Array.from({ length: 12 }, (_, index) => createUser(index))), 5);
    expect(await activeUsers()).toBe(maxUsers);
  });

  it('go to 5 of 12 users who are created, woken and brought back at once', async () => {
    const sleepers = [await inactive(), await inactive(), await inactive(), await inactive()];
    const leavers = [await deleted(), await deleted(), await deleted(), await deleted()];
    const answers = await Promise.all([
      ...sleepers.map((id, index) => setActive(index, id, true)),
      ...leavers.map((id, index) => restore(index + 1, id)),
      ...Array.from({ length: 4 }, (_, index) => createUser(index)),
    ]);
    expectSeated(answers, 5);
    expect(await activeUsers()).toBe(maxUsers);
  });

  it('are free again when somebody is deactivated or deleted', async () => {
    await leaveFree(0);
    const users = await acme.db.user.findMany({ where: { id: { not: admin.id } }, select: { id: true } });
    expectSeated([await createUser(0)], 0);
    await setActive(0, users[0]?.id ?? '', false);
    expectSeated([await createUser(0), await createUser(0)], 1);
    await send(0, 'mutation ($id: ID!) { deleteUser(userId: $id) { success } }', { id: users[1]?.id });
    expectSeated([await createUser(0), await createUser(0)], 1);
  });

  it('are not needed by who is restored inactive, changed, or deactivated', async () => {
    await leaveFree(0);
    const { id } = await addPerson(
      fleet,
      acme,
      { roleId: null, permissions: [] },
      { isActive: false, deletedAt: new Date() },
    );
    expect((await restore(0, id)).codes).toEqual([]);
    expect((await setActive(0, id, false)).codes).toEqual([]);
    expectSeated([await setActive(0, id, true)], 0);
    expect((await setActive(0, admin.id, true)).codes).toEqual([]);
  });

  it('bind managers of the platform too', async () => {
    await leaveFree(0);
    expectSeated([await createUser(0, (await addManager(fleet, 'acme01')).token)], 0);
  });

  it('write nothing when they run out', async () => {
    await leaveFree(0);
    const leaver = await deleted();
    const records = await acme.db.auditRecord.count();
    const users = await acme.db.user.count();
    expectSeated([await createUser(0), await restore(0, leaver)], 0);
    expect(await acme.db.user.count()).toBe(users);
    expect(await acme.db.user.count({ where: { id: leaver, deletedAt: { not: null } } })).toBe(1);
    expect(await acme.db.auditRecord.count()).toBe(records);
  });

  it('that become fewer keep those who sit, and take nobody else', async () => {
    await leaveFree(0);
    await fleet.tools.central.tenant.update({ where: { tenantKey: 'acme01' }, data: { maxUsers: 3 } });
    await fleet.tools.invalidate('acme01');
    try {
      const other = await acme.db.user.findFirstOrThrow({ where: { id: { not: admin.id } } });
      expect(
        (
          await send(
            0,
            'mutation ($id: ID!) { updateUser(userId: $id, input: { fullName: "X", isActive: true }) { uuid } }',
            { id: other.id },
          )
        ).codes,
      ).toEqual([]);
      expect(await activeUsers()).toBe(maxUsers);
      expect((await setActive(0, other.id, false)).codes).toEqual([]);
      const back = await setActive(0, other.id, true);
      expect(back.errors[0]?.extensions).toMatchObject({ code: 'SEAT_LIMIT_REACHED', maxUsers: 3 });
    } finally {
      await fleet.tools.central.tenant.update({ where: { tenantKey: 'acme01' }, data: { maxUsers } });
      await fleet.tools.invalidate('acme01');
    }
  });
});
