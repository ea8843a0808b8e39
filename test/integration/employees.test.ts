import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantSecretColumns } from '../../src/db/secret-columns.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
});
afterAll(() => fleet.close());

const update = (id: string, input: object) =>
  fleet.graphql(
    'mutation ($id: ID!, $input: EmployeeUpdateInput!) { updateEmployee(employeeId: $id, input: $input) { uuid } }',
    { token: admin.token, variables: { id, input } },
  );

const reportTo = (id: string, managerId: string) =>
  fleet.graphql(
    'mutation ($id: ID!, $input: AssignmentInput!) { assignEmployee(employeeId: $id, input: $input) { uuid } }',
    {
      token: admin.token,
      variables: { id, input: { startsOn: '2024-01-01', employmentType: 'REGULAR', managerId } },
    },
  );

const followers = ['Assignment', 'LeaveEntitlement', 'LeaveRequest', 'AttendanceRecord'] as const;

/** The users of what belongs to an employee. */
async function usersOfFollowers(employeeId: string): Promise<(string | null)[]> {
  const query = { where: { employeeId }, select: { userId: true } };
  const found = [
    await acme.db.assignment.findMany(query),
    await acme.db.leaveEntitlement.findMany(query),
    await acme.db.leaveRequest.findMany(query),
    await acme.db.attendanceRecord.findMany(query),
  ];
  return found.flatMap((rows) => rows.map(({ userId }) => userId));
}

describe('what belongs to an employee', () => {
  it('belongs to their user from the beginning, whatever its writer says, and to each later one', async () => {
    const [first, second] = [await addRow(acme.db, 'User'), await addRow(acme.db, 'User')];
    const employeeId = await addRow(acme.db, 'Employee', { userId: first });
    for (const name of followers) await addRow(acme.db, name, { employeeId, userId: second });
    expect(await usersOfFollowers(employeeId)).toEqual(followers.map(() => first));
    await acme.db.leaveRequest.updateMany({ where: { employeeId }, data: { userId: null } });
    expect(await usersOfFollowers(employeeId)).toEqual(followers.map(() => first));
    for (const userId of [second, null]) {
      expect((await update(employeeId, { userId })).errors).toEqual([]);
      expect(await usersOfFollowers(employeeId)).toEqual(followers.map(() => userId));
    }
  });
});

describe('an employee', () => {
  it('reports neither to themselves, nor to somebody who reports to them through others', async () => {
    const top = await addRow(acme.db, 'Employee');
    const [middle, bottom] = [await addRow(acme.db, 'Employee'), await addRow(acme.db, 'Employee')];
    await reportTo(middle, top);
    await reportTo(bottom, middle);
    for (const managerId of [top, middle, bottom]) {
      const { errors } = await reportTo(top, managerId);
      expect(errors[0]?.extensions).toMatchObject({
        fields: [{ path: ['input', 'managerId'], reason: 'SELF_REFERENCE' }],
      });
    }
    expect((await reportTo(bottom, top)).errors).toEqual([]);
  });

  it('isn’t hired after the last day', async () => {
    const id = await addRow(acme.db, 'Employee', { leftOn: new Date('2024-01-01') });
    const { errors } = await update(id, { hiredOn: '2024-01-02' });
    expect(errors[0]?.extensions).toMatchObject({ fields: [{ path: ['input', 'hiredOn'] }] });
  });

  it('has no sealed column in any ordinary selection', async () => {
    const id = await addRow(acme.db, 'Employee', { bankAccountSealed: randomUUID() });
    const row = await acme.db.employee.findUniqueOrThrow({ where: { id } });
    for (const column of Object.keys(tenantSecretColumns.employee)) expect(row).not.toHaveProperty(column);
  });

  it('isn’t deleted while others report to them, or they have leave or attendance', async () => {
    const remove = async (id: string) =>
      fleet.graphql('mutation ($id: ID!) { deleteEmployee(employeeId: $id) { success } }', {
        token: admin.token,
        variables: { id },
      });
    for (const [name, column] of [
      ['Employee', 'managerId'],
      ['LeaveEntitlement', 'employeeId'],
      ['LeaveRequest', 'employeeId'],
      ['AttendanceRecord', 'employeeId'],
    ] as const) {
      const id = await addRow(acme.db, 'Employee');
      await addRow(acme.db, name, { [column]: id });
      const { errors } = await remove(id);
      expect(errors[0]?.extensions).toMatchObject({
        reason: 'IN_USE',
        dependents: [{ type: name, count: 1 }],
      });
      expect(errors[0]?.message).toMatch(
        /^This is still in use \(.+: 1\)\. If somebody has left .+ last day/,
      );
    }
    const id = await addRow(acme.db, 'Employee');
    await addRow(acme.db, 'Assignment', { employeeId: id });
    expect((await remove(id)).errors).toEqual([]);
  });

  it('has had assignments, which are listed from the earliest', async () => {
    const employeeId = await addRow(acme.db, 'Employee');
    for (const startsOn of ['2024-01-01', '2022-01-01']) {
      await addRow(acme.db, 'Assignment', { employeeId, startsOn: new Date(startsOn) });
    }
    const { data } = await fleet.graphql(
      `query ($id: ID!) { employee(employeeId: $id) { assignments(first: 10) {
        totalCount edges { node { startsOn employee { uuid } } }
      } } }`,
      { token: admin.token, variables: { id: employeeId } },
    );
    expect(data.employee.assignments).toEqual({
      totalCount: 2,
      edges: ['2022-01-01', '2024-01-01'].map((startsOn) => ({
        node: { startsOn, employee: { uuid: employeeId } },
      })),
    });
  });
});
