import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmployee } from '../support/employees.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, addPerson, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let admin: Person;
let tenantUser: string;
const codes = [
  'users:read',
  'employees:read',
  'leave:read',
  'leave:write',
  'leaveEntitlements:read',
  'attendance:read',
  'attendance:write',
  'leaveTypes:read',
  'holidays:read',
];

beforeAll(async () => {
  // So long that changes are only heard of.
  fleet = await createTestFleet({ SESSION_CACHE_TTL: '300' });
  acme = await fleet.provision('acme01');
  admin = await addAdministrator(fleet, acme);
  tenantUser = (await acme.db.role.findFirstOrThrow({ where: { code: 'tenant_user' } })).id;
});
afterAll(() => fleet.close());

/** Adds somebody with the role that new users have. */
const addUserOf = (departmentId: string | null = null) =>
  addPerson(fleet, acme, { roleId: tenantUser, permissions: codes }, { departmentId });

async function addDepartment(headId: string | null = null, parentId: string | null = null): Promise<string> {
  const code = randomUUID();
  return (await acme.db.department.create({ data: { code, name: code, headId, parentId } })).id;
}

async function setHead(departmentId: string, headId: string | null): Promise<void> {
  const { errors } = await fleet.graphql(
    'mutation ($id: ID!, $headId: ID) { updateDepartment(departmentId: $id, input: { headId: $headId }) { uuid } }',
    { token: admin.token, variables: { id: departmentId, headId } },
  );
  expect(errors).toEqual([]);
}

/** Adds a user who is an employee with leave, an entitlement and attendance. @returns the ids of both. */
async function addEmployee(department: { user?: string | null; employee?: string | null } = {}) {
  const { id: userId } = await addUserOf(department.user ?? null);
  const id = await createEmployee(fleet, admin, { userId, departmentId: department.employee ?? null });
  const { id: leaveTypeId } = await acme.db.leaveType.create({ data: { code: randomUUID(), name: 'Leave' } });
  const of = { employeeId: id, leaveTypeId };
  await acme.db.leaveEntitlement.create({ data: { ...of, year: 2026, days: 15 } });
  const day = new Date('2026-01-05');
  await acme.db.leaveRequest.create({ data: { ...of, startsOn: day, endsOn: day, days: 1 } });
  await acme.db.attendanceRecord.create({ data: { employeeId: id, workDate: day, clockedInAt: day } });
  return { id, userId };
}

/** The employees whose rows somebody sees, in each list, sorted. */
async function seenBy({ token }: Person) {
  const { data, errors } = await fleet.graphql(
    `{
      employees(first: 100) { edges { node { id: uuid } } }
      assignments(first: 100) { edges { node { employee { id: uuid } } } }
      leaveEntitlements(first: 100) { edges { node { employee { id: uuid } } } }
      leaveRequests(first: 100) { edges { node { employee { id: uuid } } } }
      attendanceRecords(first: 100) { edges { node { employee { id: uuid } } } }
    }`,
    { token },
  );
  expect(errors).toEqual([]);
  return Object.values<Page>(data).map(({ edges }) =>
    edges.map(({ node }) => node.employee?.id ?? node.id ?? '').sort(),
  );
}
interface Page {
  readonly edges: readonly { readonly node: { readonly id?: string; readonly employee?: { id: string } } }[];
}
const everywhere = (ids: readonly string[]) => Array(5).fill([...ids].sort());

describe('the head of a department', () => {
  it('reads of who works in it, or below, what they read of themselves, and of no other accounts', async () => {
    const head = await addUserOf();
    const own = await addDepartment(head.id);
    const below = await addDepartment(null, await addDepartment(null, own));
    const members = [
      await addEmployee({ employee: own }),
      await addEmployee({ user: await addDepartment(), employee: own }),
      await addEmployee({ employee: below }),
    ];
    await addEmployee({ user: own });
    await addEmployee({ user: own, employee: await addDepartment() });
    expect(await seenBy(head)).toEqual(everywhere(members.map(({ id }) => id)));
    const { data } = await fleet.graphql('{ assets { pageInfo { totalCount } } }', { token: head.token });
    expect(data).toEqual({ assets: null });
  });

  it('is no head any more, nor for anybody’s cache, once another one is', async () => {
    const [first, second] = [await addUserOf(), await addUserOf()];
    const department = await addDepartment();
    const { id } = await addEmployee({ employee: department });
    expect(await seenBy(first)).toEqual(everywhere([]));
    await setHead(department, first.id);
    expect(await seenBy(first)).toEqual(everywhere([id]));
    await setHead(department, second.id);
    expect(await seenBy(first)).toEqual(everywhere([]));
    expect(await seenBy(second)).toEqual(everywhere([id]));
  });

  it('sees an employee come and go with their assignments', async () => {
    const head = await addUserOf();
    const department = await addDepartment(head.id);
    const { id } = await addEmployee();
    const assign = async (departmentId: string | null, startsOn: string) => {
      const { errors } = await fleet.graphql(
        `mutation ($id: ID!, $input: AssignmentInput!) { assignEmployee(employeeId: $id, input: $input) { uuid } }`,
        {
          token: admin.token,
          variables: { id, input: { startsOn, departmentId, employmentType: 'REGULAR' } },
        },
      );
      expect(errors).toEqual([]);
    };
    expect(await seenBy(head)).toEqual(everywhere([]));
    await assign(department, '2021-01-01');
    expect((await seenBy(head))[0]).toEqual([id]);
    await assign(null, '2022-01-01');
    expect(await seenBy(head)).toEqual(everywhere([]));
  });

  it('changes nothing of its people without a wider scope', async () => {
    const head = await addScopedPerson(fleet, acme, { 'employees:read': 'OWN', 'employees:write': 'OWN' });
    const department = await addDepartment(head.id);
    const { id } = await addEmployee({ employee: department });
    const { codes: refused } = await fleet.graphql(
      'mutation ($id: ID!) { updateEmployee(employeeId: $id, input: { name: "Mine" }) { uuid } }',
      { token: head.token, variables: { id } },
    );
    expect(refused).toEqual(['NOT_FOUND']);
  });

  it('reads nothing of its people without the permission', async () => {
    const head = await addPerson(fleet, acme, { permissions: ['users:read'] });
    await addEmployee({ employee: await addDepartment(head.id) });
    const { codes: refused } = await fleet.graphql('{ employees { pageInfo { totalCount } } }', {
      token: head.token,
    });
    expect(refused).toEqual(['FORBIDDEN']);
  });

  it('of a deleted department heads nobody, and one of departments in a circle all of them', async () => {
    const head = await addUserOf();
    const own = await addDepartment(head.id);
    const { id } = await addEmployee({ employee: own });
    const other = await addDepartment(null, own);
    await acme.db.department.update({ where: { id: own }, data: { parentId: other } });
    expect((await seenBy(head))[0]).toEqual([id]);
    const gone = await addUserOf();
    const deleted = await addDepartment(gone.id);
    await addEmployee({ employee: deleted });
    await acme.db.department.update({ where: { id: deleted }, data: { deletedAt: new Date() } });
    expect((await seenBy(gone))[0]).toEqual([]);
  });
});

describe('a new user', () => {
  it('sees their own employment, leave and attendance on the first day, and nobody else’s', async () => {
    const { id } = await addEmployee();
    await addEmployee();
    const grants = await acme.db.rolePermission.findMany({
      where: { roleId: tenantUser, deletedAt: null },
      select: { scope: true, permission: { select: { code: true } } },
    });
    expect(Object.fromEntries(grants.map((grant) => [grant.permission.code, grant.scope]))).toEqual({
      'users:read': 'ALL',
      'leaveTypes:read': 'ALL',
      'holidays:read': 'ALL',
      'employees:read': 'OWN',
      'leaveEntitlements:read': 'OWN',
      'leave:read': 'OWN',
      'leave:write': 'OWN',
      'attendance:read': 'OWN',
      'attendance:write': 'OWN',
    });
    const self = await addUserOf();
    await acme.db.employee.update({ where: { id }, data: { userId: self.id } });
    expect(await seenBy(self)).toEqual(everywhere([id]));
  });
});
