import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let leaveTypeId: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  leaveTypeId = await addRow(acme.db, 'LeaveType');
});
afterAll(() => fleet.close());

const create = (employeeId: string, { token } = admin, input: object = {}) =>
  fleet.graphql(
    `mutation ($input: LeaveEntitlementCreateInput!) {
      answer: createLeaveEntitlement(input: $input) { uuid days carriedOverDays note isOverridden }
    }`,
    { token, variables: { input: { employeeId, leaveTypeId, year: 2026, days: '15.0', ...input } } },
  );

const move = (id: string, employeeId: string, { token }: { readonly token: string }) =>
  fleet.graphql(
    `mutation ($id: ID!, $to: ID) {
      answer: updateLeaveEntitlement(leaveEntitlementId: $id, input: { employeeId: $to }) { uuid }
    }`,
    { token, variables: { id, to: employeeId } },
  );

const remove = (id: string) =>
  fleet.graphql(
    'mutation ($id: ID!) { answer: deleteLeaveEntitlement(leaveEntitlementId: $id) { success message } }',
    { token: admin.token, variables: { id } },
  );

const restore = (id: string) =>
  fleet.graphql('mutation ($id: ID!) { answer: restoreLeaveEntitlement(leaveEntitlementId: $id) { uuid } }', {
    token: admin.token,
    variables: { id },
  });

describe('an entitlement to leave', () => {
  it('is created as it is asked for, and overrides what is computed', async () => {
    const { data } = await create(await addRow(acme.db, 'Employee'));
    expect(data.answer).toMatchObject({ days: '15', carriedOverDays: '0', note: null, isOverridden: true });
  });

  it.each(['days', 'carriedOverDays'])('counts whole and half days in %s', async (field) => {
    const employeeId = await addRow(acme.db, 'Employee');
    for (const days of ['0.3', '2.1']) {
      const { errors } = await create(employeeId, admin, { [field]: days });
      expect(errors[0]?.extensions.fields).toMatchObject([
        { path: ['input', field], message: 'Use a multiple of 0.5.' },
      ]);
    }
    expect((await create(employeeId, admin, { [field]: '2.5' })).data.answer).toMatchObject({
      [field]: '2.5',
    });
  });

  it('is the employee’s only one to that leave in that year', async () => {
    const employeeId = await addRow(acme.db, 'Employee');
    const first = (await create(employeeId)).data.answer.uuid;
    const again = await create(employeeId);
    expect(again.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'TAKEN' });
    expect((await create(employeeId, admin, { year: 2027 })).errors).toEqual([]);
    await remove(first);
    expect((await create(employeeId)).errors).toEqual([]);
    expect((await restore(first)).codes).toEqual(['CONFLICT']);
  });

  it('is called by its note when it is deleted, and by nothing when it has none', async () => {
    const said = async (note: string | null) => {
      const { data } = await create(await addRow(acme.db, 'Employee'), admin, { note });
      return (await remove(data.answer.uuid)).data.answer.message;
    };
    expect(await said('Long service')).toBe('The leave entitlement “Long service” was deleted.');
    expect(await said(null)).toBe('The leave entitlement was deleted.');
  });
});

describe('a kind of leave', () => {
  it('that somebody has days of is deactivated, not deleted', async () => {
    const id = await addRow(acme.db, 'LeaveType');
    await addRow(acme.db, 'LeaveEntitlement', { leaveTypeId: id });
    const { errors } = await fleet.graphql(
      'mutation ($id: ID!) { deleteLeaveType(leaveTypeId: $id) { success } }',
      { token: admin.token, variables: { id } },
    );
    expect(errors).toMatchObject([
      { message: 'This is still in use (leave entitlements: 1). Deactivate it instead.' },
    ]);
  });

  it('is the only one that the law gives days of', async () => {
    const set = (id: string, isAnnual: boolean) =>
      fleet.graphql(
        `mutation ($id: ID!, $isAnnual: Boolean) {
          updateLeaveType(leaveTypeId: $id, input: { isAnnual: $isAnnual }) { isAnnual }
        }`,
        { token: admin.token, variables: { id, isAnnual } },
      );
    const annual = await acme.db.leaveType.findFirstOrThrow({ where: { isAnnual: true } });
    expect((await set(leaveTypeId, true)).errors).toMatchObject([
      {
        message: 'There is a kind of annual leave already.',
        extensions: { code: 'CONFLICT', reason: 'TAKEN', fields: [{ path: ['input', 'isAnnual'] }] },
      },
    ]);
    await set(annual.id, false);
    expect((await set(leaveTypeId, true)).errors).toEqual([]);
  });

  it('carries whole and half days over', async () => {
    const set = (days: string) =>
      fleet.graphql(
        `mutation ($id: ID!, $days: Decimal) {
          updateLeaveType(leaveTypeId: $id, input: { maxCarryOverDays: $days }) { maxCarryOverDays }
        }`,
        { token: admin.token, variables: { id: leaveTypeId, days } },
      );
    expect((await set('0.3')).errors[0]?.extensions.fields).toMatchObject([
      { path: ['input', 'maxCarryOverDays'] },
    ]);
    expect((await set('4.5')).errors).toEqual([]);
  });
});

describe('whoever writes entitlements to leave of their own alone', () => {
  it('gives and moves them to themselves, and is told the same of others as of nobody', async () => {
    const writer = await addScopedPerson(fleet, acme, {
      'leaveEntitlements:read': 'OWN',
      'leaveEntitlements:write': 'OWN',
      'employees:read': 'OWN',
    });
    const own = await addRow(acme.db, 'Employee', { userId: writer.id });
    const others = await addRow(acme.db, 'Employee', { userId: await addRow(acme.db, 'User') });
    const { data, errors } = await create(own, writer);
    expect(errors).toEqual([]);
    for (const employeeId of [others, randomUUID()]) {
      for (const answer of [
        await create(employeeId, writer),
        await move(data.answer.uuid, employeeId, writer),
      ]) {
        expect(answer.errors.map(({ extensions }) => extensions)).toMatchObject([
          { code: 'VALIDATION_FAILED', fields: [{ path: ['input', 'employeeId'], reason: 'OUT_OF_REACH' }] },
        ]);
      }
    }
    expect(await acme.db.leaveEntitlement.count({ where: { userId: writer.id } })).toBe(1);
    const hidden = await addRow(acme.db, 'LeaveEntitlement', { employeeId: others });
    expect((await move(hidden, own, writer)).codes).toEqual(['NOT_FOUND']);
  });
});
