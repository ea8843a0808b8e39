import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { updateEmployee } from '../support/employees.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const narrow = {
  'employees:read': 'DEPARTMENT',
  'employees:write': 'DEPARTMENT',
  'employees:delete': 'DEPARTMENT',
} as const;

describe('an employee', () => {
  it('does not become the person who creates them', async () => {
    const clerk = await addScopedPerson(fleet, acme, narrow);
    const { errors } = await fleet.graphql(
      `mutation { createEmployee(input: { number: "N-1", name: "Somebody else", hiredOn: "2026-01-02" }) { uuid } }`,
      { token: clerk.token },
    );
    expect(errors[0]?.extensions).toMatchObject({
      fields: [{ path: ['input', 'userId'], reason: 'OUT_OF_REACH' }],
    });
    expect(await acme.db.employee.count({ where: { userId: clerk.id } })).toBe(0);
  });

  it('does not become the person who restores them', async () => {
    const departmentId = await addRow(acme.db, 'Department');
    const clerk = await addScopedPerson(fleet, acme, narrow, { departmentId });
    const deletedAt = new Date();
    const userId = await addRow(acme.db, 'User', { departmentId, deletedAt });
    const id = await addRow(acme.db, 'Employee', { userId, deletedAt });
    const restore = ({ token }: Pick<Person, 'token'>) =>
      fleet.graphql('mutation ($id: ID!) { restoreEmployee(employeeId: $id) { userId } }', {
        token,
        variables: { id },
      });
    expect((await restore(clerk)).errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: ['employeeId', 'userId'] }],
    });
    expect((await restore(admin)).data).toEqual({ restoreEmployee: { userId: null } });
  });
});

describe('one’s own employee', () => {
  it('keeps the account, and isn’t deleted by oneself: nobody approves their leave as somebody else’s', async () => {
    const clerk = await addScopedPerson(fleet, acme, {
      'employees:read': 'ALL',
      'employees:write': 'ALL',
      'employees:delete': 'ALL',
    });
    const id = await addRow(acme.db, 'Employee', { userId: clerk.id });
    const another = await addRow(acme.db, 'User');
    for (const userId of [null, another]) {
      expect((await updateEmployee(fleet, clerk, id, { userId })).codes).toEqual(['FORBIDDEN']);
    }
    const { codes } = await fleet.graphql(
      'mutation ($id: ID!) { deleteEmployee(employeeId: $id) { success } }',
      { token: clerk.token, variables: { id } },
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect((await updateEmployee(fleet, clerk, id, { userId: clerk.id, name: 'Me' })).errors).toEqual([]);
    expect((await updateEmployee(fleet, admin, id, { userId: null })).errors).toEqual([]);
  });
});

describe('managers', () => {
  it('form no circle when two changes meet', async () => {
    for (let round = 0; round < 6; round++) {
      const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map(() => addRow(acme.db, 'Employee')));
      const set = (id: string | undefined, managerId: string | undefined) =>
        fleet.graphql(
          'mutation ($id: ID!, $to: ID) { assignEmployee(employeeId: $id, input: { startsOn: "2026-01-05", employmentType: REGULAR, managerId: $to }) { uuid } }',
          { token: admin.token, variables: { id, to: managerId } },
        );
      await set(b, c);
      await set(d, a);
      const answers = await Promise.all([set(a, b), set(c, d)]);
      expect(answers.flatMap(({ codes }) => codes)).toEqual(['VALIDATION_FAILED']);
    }
  });
});
