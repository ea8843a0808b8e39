import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyAssignments } from '../../src/modules/employees/apply-assignments.service.ts';
import { createEmployee, updateEmployee } from '../support/employees.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';
import { recordStatements } from '../support/statements.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let admin: Person;
let stranger: Person;
let sales: string;
let research: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  admin = await addAdministrator(fleet, acme);
  stranger = await addAdministrator(fleet, beta);
  [sales, research] = [await addDepartment(), await addDepartment()];
});
afterAll(() => fleet.close());

async function addDepartment(): Promise<string> {
  const code = randomUUID();
  return (await acme.db.department.create({ data: { code, name: code } })).id;
}

const assign = (id: string, input: object, { token } = admin, expectedUpdatedAt?: string) =>
  fleet.graphql(
    `mutation ($id: ID!, $input: AssignmentInput!, $expectedUpdatedAt: DateTime) {
      assignEmployee(employeeId: $id, input: $input, expectedUpdatedAt: $expectedUpdatedAt) {
        updatedAt position employmentType department { uuid }
      }
    }`,
    { token, variables: { id, input: { employmentType: 'REGULAR', ...input }, expectedUpdatedAt } },
  );

const remove = (id: string, { token } = admin) =>
  fleet.graphql('mutation ($id: ID!) { removeAssignment(assignmentId: $id) { success deletedId } }', {
    token,
    variables: { id },
  });

const show = async (id: string, { token } = admin) => {
  const { data, errors } = await fleet.graphql(
    `query ($id: ID!) { employee(employeeId: $id) {
      updatedAt position employmentType departmentId department { uuid }
      assignments(first: 20) { edges { node { uuid startsOn position employmentType department { uuid } } } }
      before: assignmentOn(date: "2019-12-31") { position }
      first: assignmentOn(date: "2020-01-01") { position }
      onTheDay: assignmentOn(date: "2022-03-31") { position }
      later: assignmentOn(date: "2999-01-01") { position department { uuid } }
    } }`,
    { token, variables: { id } },
  );
  expect(errors).toEqual([]);
  return data.employee;
};
const startsOf = async (id: string) =>
  (await show(id)).assignments.edges.map(({ node }: { node: { startsOn: string } }) => node.startsOn);
const idOf = async (employeeId: string, startsOn: string) =>
  (
    await acme.db.assignment.findFirstOrThrow({
      where: { employeeId, startsOn: new Date(startsOn), deletedAt: null },
    })
  ).id;

describe('an employee’s assignments', () => {
  it('begin with what the employee was hired as', async () => {
    const id = await createEmployee(fleet, admin, { position: 'Clerk', departmentId: sales });
    expect((await show(id)).assignments.edges).toMatchObject([
      {
        node: {
          startsOn: '2020-01-01',
          position: 'Clerk',
          employmentType: 'REGULAR',
          department: { uuid: sales },
        },
      },
    ]);
  });

  it('say what was true on a day, and the last that has begun is what the employee is', async () => {
    const id = await createEmployee(fleet, admin, { position: 'Clerk', departmentId: sales });
    const future = await assign(id, { startsOn: '2998-01-01', position: 'Head', departmentId: research });
    expect(future.data.assignEmployee).toMatchObject({ position: 'Clerk', department: { uuid: sales } });
    const past = await assign(id, {
      startsOn: '2022-03-31',
      position: 'Officer',
      employmentType: 'CONTRACT',
    });
    expect(past.data.assignEmployee).toMatchObject({
      position: 'Officer',
      employmentType: 'CONTRACT',
      department: null,
    });
    const earlier = await assign(id, { startsOn: '2021-01-01', position: 'Aide' });
    expect(earlier.data.assignEmployee).toMatchObject({ position: 'Officer' });
    expect(await show(id)).toMatchObject({
      position: 'Officer',
      before: null,
      first: { position: 'Clerk' },
      onTheDay: { position: 'Officer' },
      later: { position: 'Head', department: { uuid: research } },
    });
  });

  it('that are in the future take effect on their day, once', async () => {
    const id = await createEmployee(fleet, admin, { position: 'Clerk' });
    await assign(id, { startsOn: '2998-01-01', position: 'Head', departmentId: research });
    expect(await applyAssignments(acme.db, new Date('2997-12-31'))).toBe(0);
    const { updatedAt } = await show(id);
    expect(await applyAssignments(acme.db, new Date('2998-01-01'))).toBeGreaterThan(0);
    const after = await show(id);
    expect(after).toMatchObject({ position: 'Head', department: { uuid: research } });
    expect(after.updatedAt > updatedAt).toBe(true);
    expect(await applyAssignments(acme.db, new Date('2998-01-01'))).toBe(0);
    // The next change finds what holds today.
    expect((await updateEmployee(fleet, admin, id, { name: 'Renamed' })).errors).toEqual([]);
    expect(await show(id)).toMatchObject({ position: 'Clerk', departmentId: null });
  });

  it('replace each other on the same day', async () => {
    const id = await createEmployee(fleet, admin, { position: 'Clerk', departmentId: sales });
    await assign(id, { startsOn: '2020-01-01', position: 'Officer' });
    expect(await startsOf(id)).toEqual(['2020-01-01']);
    expect(await show(id)).toMatchObject({
      position: 'Officer',
      department: null,
      first: { position: 'Officer' },
    });
  });

  it('are one for each day when several are sent at once, and each is recorded', async () => {
    const id = await createEmployee(fleet, admin);
    const days = ['2021-01-01', '2021-01-01', '2022-01-01', '2023-01-01', '2023-01-01'];
    const answers = await Promise.all(
      days.map((startsOn, index) => assign(id, { startsOn, position: `P${index}` })),
    );
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await startsOf(id)).toEqual(['2020-01-01', '2021-01-01', '2022-01-01', '2023-01-01']);
    const { position, later } = await show(id);
    expect(['P3', 'P4']).toContain(position);
    expect(later.position).toBe(position);
    const ids = await acme.db.assignment.findMany({ where: { employeeId: id }, select: { id: true } });
    const records = await acme.db.auditRecord.findMany({
      where: { entityId: { in: ids.map((row) => row.id) } },
    });
    expect(records.map(({ action }) => action).sort()).toEqual([
      ...Array(4).fill('assignment.create'),
      ...Array(2).fill('assignment.update'),
    ]);
  });

  it('of an outdated copy are refused, though the other one is in the future', async () => {
    const id = await createEmployee(fleet, admin);
    const { updatedAt } = await show(id);
    expect((await assign(id, { startsOn: '2998-01-01' }, admin, updatedAt)).errors).toEqual([]);
    expect((await assign(id, { startsOn: '2999-01-01' }, admin, updatedAt)).codes).toEqual(['CONFLICT']);
  });

  it('are removed for the one before, but for the first', async () => {
    const id = await createEmployee(fleet, admin, { position: 'Clerk' });
    await assign(id, { startsOn: '2021-01-01', position: 'Officer' });
    expect((await remove(await idOf(id, '2021-01-01'))).data.removeAssignment.success).toBe(true);
    expect(await show(id)).toMatchObject({ position: 'Clerk', later: { position: 'Clerk' } });
    expect((await remove(await idOf(id, '2020-01-01'))).codes).toEqual(['FORBIDDEN']);
    expect(await startsOf(id)).toEqual(['2020-01-01']);
  });

  it('begin with the first day, also after that was corrected, and never before it', async () => {
    const id = await createEmployee(fleet, admin);
    await assign(id, { startsOn: '2021-01-01' });
    expect((await updateEmployee(fleet, admin, id, { hiredOn: '2020-06-01' })).errors).toEqual([]);
    expect(await startsOf(id)).toEqual(['2020-06-01', '2021-01-01']);
    const refused = async (answer: ReturnType<typeof assign>, field: string) =>
      expect((await answer).errors).toMatchObject([
        { extensions: { code: 'VALIDATION_FAILED', fields: [{ path: ['input', field] }] } },
      ]);
    await refused(updateEmployee(fleet, admin, id, { hiredOn: '2021-01-01' }), 'hiredOn');
    await refused(assign(id, { startsOn: '2020-05-31' }), 'startsOn');
    await refused(assign(id, { startsOn: '2022-01-01', managerId: id }), 'managerId');
    await refused(assign(id, { startsOn: '2022-01-01', departmentId: randomUUID() }), 'departmentId');
    await updateEmployee(fleet, admin, id, { leftOn: '2021-12-31' });
    await refused(assign(id, { startsOn: '2022-01-01' }), 'startsOn');
    expect(await show(id)).toMatchObject({ later: null });
  });

  it('leave an employee in the department that took over a deleted one', async () => {
    const [old, next] = [await addDepartment(), await addDepartment()];
    const id = await createEmployee(fleet, admin, { departmentId: old });
    const { errors } = await fleet.graphql(
      'mutation ($id: ID!, $to: ID) { deleteDepartment(departmentId: $id, reassignTo: $to) { success } }',
      { token: admin.token, variables: { id: old, to: next } },
    );
    expect(errors).toEqual([]);
    await updateEmployee(fleet, admin, id, { name: 'Moved' });
    expect(await show(id)).toMatchObject({ department: { uuid: next }, first: {} });
  });

  it('of a page take the same number of statements for one employee as for several', async () => {
    const name = randomUUID();
    const count = async (expected: number) => {
      const statements = await recordStatements(async () => {
        const { data } = await fleet.graphql(
          `query ($name: String) { employees(search: $name) { edges { node {
            assignmentOn(date: "2022-01-01") { startsOn department { uuid } }
          } } } }`,
          { token: admin.token, variables: { name } },
        );
        expect(data.employees.edges).toHaveLength(expected);
        for (const { node } of data.employees.edges) {
          expect(node.assignmentOn).toEqual({ startsOn: '2020-01-01', department: { uuid: sales } });
        }
      });
      return statements.filter((text) => /assignments/.test(text)).length;
    };
    await createEmployee(fleet, admin, { name, departmentId: sales });
    const one = await count(1);
    await createEmployee(fleet, admin, { name, departmentId: sales });
    await createEmployee(fleet, admin, { name, departmentId: sales });
    expect(await count(3)).toBe(one);
  });
});

describe('managers', () => {
  /** Two employees, with the first assignment of each under the other one or nobody. */
  const addTwo = async () =>
    [await createEmployee(fleet, admin), await createEmployee(fleet, admin)] as const;
  const under = (id: string, startsOn: string, managerId?: string) => assign(id, { startsOn, managerId });
  const refusedAt = ({ errors }: Awaited<ReturnType<typeof assign>>) =>
    errors.flatMap(({ extensions }) => extensions.fields ?? [extensions.code]);
  const managerOf = async (id: string) =>
    (await acme.db.employee.findUniqueOrThrow({ where: { id } })).managerId;

  it('are above nobody who is above them on the same day, be it in the future', async () => {
    const [one, other] = await addTwo();
    const between = await createEmployee(fleet, admin);
    await under(one, '2998-12-15', between);
    await under(between, '2998-12-10', other);
    const circle = await under(other, '2998-12-16', one);
    expect(refusedAt(circle)).toMatchObject([{ path: ['input', 'managerId'] }]);
    // From the day on which the others have parted.
    await under(between, '2998-12-20');
    expect(refusedAt(await under(other, '2998-12-16', one))).toMatchObject([
      { path: ['input', 'managerId'] },
    ]);
    expect((await under(other, '2998-12-20', one)).errors).toEqual([]);
  });

  it('may be below on other days', async () => {
    const [one, other] = await addTwo();
    await under(other, '2021-01-01', one);
    expect(refusedAt(await under(one, '2020-01-01', other))).toMatchObject([
      { path: ['input', 'managerId'] },
    ]);
    await under(one, '2021-01-01');
    expect((await under(one, '2020-01-01', other)).errors).toEqual([]);
  });

  it('do not come to be above themselves when an assignment is removed', async () => {
    const [one, other] = await addTwo();
    await under(one, '2021-01-01', other);
    await under(one, '2022-01-01');
    await under(other, '2022-01-01', one);
    const refused = await remove(await idOf(one, '2022-01-01'));
    expect(refusedAt(refused)).toMatchObject([{ path: ['assignmentId'] }]);
    expect(await managerOf(one)).toBeNull();
  });

  it('are nobody’s where assignments that nobody has checked make a circle', async () => {
    const [one, other, third] = [...(await addTwo()), await createEmployee(fleet, admin)];
    await under(third, '2998-12-15', one);
    await under(one, '2998-12-15', other);
    await under(other, '2998-12-16');
    await acme.db.assignment.update({
      where: { id: await idOf(other, '2998-12-16') },
      data: { managerId: one },
    });
    await applyAssignments(acme.db, new Date('2998-12-20'));
    expect([await managerOf(one), await managerOf(other), await managerOf(third)]).toEqual([null, null, one]);
    expect(await applyAssignments(acme.db, new Date('2998-12-20'))).toBe(0);
  });
});

describe('who may assign', () => {
  it('is whoever reaches the employee with employees:write, and removes with employees:delete', async () => {
    const own = { 'employees:read': 'ALL', 'employees:write': 'OWN' } as const;
    const writer = await addScopedPerson(fleet, acme, own);
    const [theirs, another] = [
      await createEmployee(fleet, admin, { userId: writer.id }),
      await createEmployee(fleet, admin),
    ];
    expect((await assign(theirs, { startsOn: '2021-01-01' }, writer)).errors).toEqual([]);
    expect((await assign(another, { startsOn: '2021-01-01' }, writer)).codes).toEqual(['NOT_FOUND']);
    expect((await remove(await idOf(theirs, '2021-01-01'), writer)).codes).toEqual(['FORBIDDEN']);
    const reader = await addPerson(fleet, acme, { permissions: ['employees:read'] });
    expect((await assign(theirs, { startsOn: '2022-01-01' }, reader)).codes).toEqual(['FORBIDDEN']);
  });

  it('is nobody of another tenant', async () => {
    const id = await createEmployee(fleet, admin);
    await assign(id, { startsOn: '2021-01-01' });
    expect((await assign(id, { startsOn: '2022-01-01' }, stranger)).codes).toEqual(['NOT_FOUND']);
    expect((await remove(await idOf(id, '2021-01-01'), stranger)).codes).toEqual(['NOT_FOUND']);
    expect(await startsOf(id)).toEqual(['2020-01-01', '2021-01-01']);
  });
});

describe('me.employee', () => {
  const me = async ({ token }: Person) =>
    (await fleet.graphql('{ me { employee { name } } }', { token })).data.me.employee;

  it('is the employee whose account it is, for whoever may read them', async () => {
    const roleId = (await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_user' } })).id;
    const permissions = ['employees:read'];
    const person = await addPerson(fleet, acme, { roleId, permissions });
    expect(await me(person)).toBeNull();
    const id = await createEmployee(fleet, admin, { userId: person.id, name: 'Myself' });
    expect(await me(person)).toEqual({ name: 'Myself' });
    await acme.db.employee.update({ where: { id }, data: { deletedAt: new Date() } });
    expect(await me(person)).toBeNull();
    const outside = await addPerson(fleet, acme, { permissions: ['users:read'] });
    await createEmployee(fleet, admin, { userId: outside.id });
    expect(await me(outside)).toBeNull();
  });
});
