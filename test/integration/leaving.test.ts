import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLiveSessionIn } from '../../src/auth/rights.ts';
import { accessEndOf } from '../../src/modules/employees/access-end.service.ts';
import { addRow } from '../entities/entity-table.ts';
import { createEmployee, updateEmployee } from '../support/employees.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import type { Person } from '../support/people.ts';
import { addAdministrator, addPerson } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';
import { addUser, createSessionClient, type SessionClient } from '../support/session-client.ts';
import { administratorRoleId } from '../support/sessions.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let admin: Person;
let client: SessionClient;

beforeAll(async () => {
  // So long that changes are only heard of.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  admin = await addAdministrator(fleet, acme);
  client = createSessionClient(fleet.graphql);
});
afterAll(() => fleet.close());

/** Adds a user who is signed in, and an employee whose account it is. */
async function hire(input: object = {}) {
  const username = `user-${randomUUID().slice(0, 8)}`;
  const userId = await addUser(acme, username);
  const tokens = await client.signIn(username);
  const id = await createEmployee(fleet, admin, { userId, ...input });
  return { id, userId, username, ...tokens };
}

const change = async (id: string, input: object) => {
  expect((await updateEmployee(fleet, admin, id, input)).errors).toEqual([]);
};
const endsAt = async (id: string) => {
  const { data } = await fleet.graphql('query ($id: ID!) { user(userId: $id) { accessEndsAt } }', {
    token: admin.token,
    variables: { id },
  });
  return data.user.accessEndsAt;
};

/** Asks for all ways in at once. */
async function codesOf({ username, accessToken, refreshToken }: Awaited<ReturnType<typeof hire>>) {
  return {
    login: (await client.login({ username })).codes,
    refresh: (await client.refresh(refreshToken)).codes,
    use: await client.use(accessToken),
  };
}
const open = { login: [], refresh: [], use: [] };
const shut = { login: ['INVALID_CREDENTIALS'], refresh: ['UNAUTHENTICATED'], use: ['UNAUTHENTICATED'] };

describe('the last day', () => {
  it.each([
    ['Asia/Seoul', '2026-03-31', '2026-03-31T15:00:00.000Z'],
    // The clocks go forward on the day after.
    ['America/New_York', '2026-03-07', '2026-03-08T05:00:00.000Z'],
    ['America/New_York', '2026-03-08', '2026-03-09T04:00:00.000Z'],
  ])('is over in %s, of %s, at %s', (timeZone, day, end) => {
    expect(accessEndOf(new Date(day), timeZone)?.toISOString()).toBe(end);
  });

  it('that no calendar of the API goes beyond is none', () => {
    expect(accessEndOf(new Date('9999-12-31'), 'Asia/Seoul')).toBeNull();
  });
});

describe('who has left', () => {
  it('is signed out everywhere, and can’t sign in, refresh or go on', async () => {
    const person = await hire();
    expect(await client.use(person.accessToken)).toEqual([]);
    await change(person.id, { leftOn: '2026-01-31' });
    expect(await codesOf(person)).toEqual(shut);
    expect(await endsAt(person.userId)).toBe('2026-01-31T15:00:00.000Z');
    const sessions = await acme.db.session.findMany({ where: { userId: person.userId } });
    expect(sessions.map(({ revokedReason }) => revokedReason)).toEqual(['account']);
  });

  it('may sign in until the day is over, and no longer without anybody’s doing', async () => {
    const person = await hire({ leftOn: '2998-12-31' });
    expect(await codesOf(person)).toEqual(open);
    const { accessToken, refreshToken } = await client.signIn(person.username);
    await acme.db.user.update({
      where: { id: person.userId },
      data: { accessEndsAt: new Date(Date.now() - 1_000) },
    });
    // Another process has not cached the session.
    const other = createSessionClient(fleet.startApp().graphql);
    expect(await other.use(accessToken)).toEqual(['UNAUTHENTICATED']);
    expect((await other.refresh(refreshToken)).codes).toEqual(['UNAUTHENTICATED']);
    expect((await other.login({ username: person.username })).codes).toEqual(['INVALID_CREDENTIALS']);
  });

  it('is known to the cache of sessions before the day is over', async () => {
    const { id } = await addPerson(fleet, acme, { permissions: [] });
    expect(await readLiveSessionIn(acme.db, id)).not.toHaveProperty('accessSeconds');
    await acme.db.user.update({
      where: { id },
      data: { accessEndsAt: new Date(Date.now() + 60_000) },
    });
    const { accessSeconds } = (await readLiveSessionIn(acme.db, id)) ?? {};
    expect(accessSeconds).toBeGreaterThan(50);
    expect(accessSeconds).toBeLessThanOrEqual(61);
  });

  it('gets access back when that was a mistake, in new sessions alone', async () => {
    const person = await hire();
    await change(person.id, { leftOn: '2026-01-31' });
    await change(person.id, { leftOn: null });
    expect(await codesOf(person)).toEqual({ ...shut, login: [] });
    expect(await endsAt(person.userId)).toBeNull();
  });

  it('stays out when the account is unlinked, and comes back by another employee only with users:write', async () => {
    const person = await hire({ leftOn: '2026-01-31' });
    await change(person.id, { userId: null });
    expect(await codesOf(person)).toEqual(shut);
    const clerk = await addScopedPerson(fleet, acme, {
      'employees:read': 'ALL',
      'employees:write': 'ALL',
      'employees:delete': 'ALL',
    });
    const { userId } = person;
    const next = await createEmployee(fleet, admin);
    expect((await updateEmployee(fleet, clerk, next, { userId })).codes).toEqual(['FORBIDDEN']);
    expect((await updateEmployee(fleet, clerk, next, { userId, leftOn: '2998-12-31' })).codes).toEqual([
      'FORBIDDEN',
    ]);
    const deleted = await addRow(acme.db, 'Employee', { userId, deletedAt: new Date() });
    const { codes } = await fleet.graphql(
      'mutation ($id: ID!) { restoreEmployee(employeeId: $id) { uuid } }',
      { token: clerk.token, variables: { id: deleted } },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(await endsAt(userId)).toBe('2026-01-31T15:00:00.000Z');
    await change(next, { userId });
    expect((await client.login({ username: person.username })).codes).toEqual([]);
  });

  it('is nobody who may do more than whoever says so', async () => {
    const clerk = await addScopedPerson(fleet, acme, { 'employees:read': 'ALL', 'employees:write': 'ALL' });
    const { id: userId } = await addAdministrator(fleet, acme);
    const leftOn = '2026-01-31';
    const left = await createEmployee(fleet, admin, { leftOn });
    const { codes } = await fleet.graphql(
      'mutation ($input: EmployeeCreateInput!) { createEmployee(input: $input) { uuid } }',
      {
        token: clerk.token,
        variables: { input: { number: randomUUID(), name: 'Left', hiredOn: '2020-01-01', leftOn, userId } },
      },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect((await updateEmployee(fleet, clerk, left, { userId })).codes).toEqual(['FORBIDDEN']);
    const id = await createEmployee(fleet, admin, { userId });
    const { errors } = await updateEmployee(fleet, clerk, id, { leftOn });
    expect(errors.map(({ message }) => message)).toEqual([
      'You can’t change a user with more permissions than you have.',
    ]);
    expect(await endsAt(userId)).toBeNull();
  });

  it('takes along the account that is linked afterwards', async () => {
    const { id: userId } = await addPerson(fleet, acme, { permissions: [] });
    const id = await createEmployee(fleet, admin, { leftOn: '2026-01-31' });
    await change(id, { userId });
    expect(await endsAt(userId)).toBe('2026-01-31T15:00:00.000Z');
  });

  it('stays out while the employee is deleted and restored', async () => {
    const person = await hire({ leftOn: '2026-01-31' });
    for (const name of ['deleteEmployee', 'restoreEmployee']) {
      const selection = name === 'deleteEmployee' ? 'success' : 'uuid';
      const { errors } = await fleet.graphql(
        `mutation ($id: ID!) { ${name}(employeeId: $id) { ${selection} } }`,
        { token: admin.token, variables: { id: person.id } },
      );
      expect(errors).toEqual([]);
      expect(await endsAt(person.userId)).toBe('2026-01-31T15:00:00.000Z');
    }
  });

  it('is recorded as a change of the account', async () => {
    const person = await hire();
    await change(person.id, { leftOn: '2026-01-31' });
    const record = await acme.db.auditRecord.findFirst({
      where: { entityId: person.userId, action: 'user.update' },
    });
    expect(record).toMatchObject({
      userId: admin.id,
      changes: { accessEndsAt: { before: null, after: '2026-01-31T15:00:00.000Z' } },
    });
  });

  it('leaves the same day of another tenant as it is', async () => {
    const person = await hire();
    const username = `user-${randomUUID().slice(0, 8)}`;
    const there = await addAdministrator(fleet, beta);
    const userId = await addUser(beta, username);
    await createEmployee(fleet, there, { userId });
    await change(person.id, { leftOn: '2026-01-31' });
    expect((await client.login({ tenantKey: 'beta02', username })).codes).toEqual([]);
  });
});

describe('the last administrator', () => {
  it('can’t leave, not even one day, nor be the only one who stays by leaving', async () => {
    const gamma = await fleet.provision('gamma03');
    const first = await addAdministrator(fleet, gamma);
    const others = await gamma.db.user.findMany({
      where: { roleId: await administratorRoleId(gamma), id: { not: first.id } },
    });
    const leave = (id: string, leftOn: string | null) => updateEmployee(fleet, first, id, { leftOn });
    for (const { id: userId } of others) {
      expect((await leave(await createEmployee(fleet, first, { userId }), '2026-01-31')).errors).toEqual([]);
    }
    const own = await createEmployee(fleet, first, { userId: first.id });
    expect((await leave(own, '2998-12-31')).codes).toEqual(['LAST_ADMINISTRATOR']);
    expect((await gamma.db.user.findUniqueOrThrow({ where: { id: first.id } })).accessEndsAt).toBeNull();
    const second = await addAdministrator(fleet, gamma);
    expect((await leave(own, '2998-12-31')).errors).toEqual([]);
    expect((await leave(own, '2026-01-31')).codes).toEqual(['FORBIDDEN']);
    const { codes } = await fleet.graphql(
      'mutation ($id: ID!) { updateUser(userId: $id, input: { isActive: false }) { uuid } }',
      { token: first.token, variables: { id: second.id } },
    );
    expect(codes).toEqual(['LAST_ADMINISTRATOR']);
  });
});
