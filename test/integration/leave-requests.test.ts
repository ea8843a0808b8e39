import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let admin: Person;
let elsewhere: TestFleet['graphql'];
let annual: string;
let sick: string;

const own = {
  'leave:read': 'OWN',
  'leave:write': 'OWN',
  'leaveEntitlements:read': 'OWN',
  'employees:read': 'OWN',
} as const;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  admin = await addAdministrator(fleet, acme);
  elsewhere = fleet.startApp().graphql;
  annual = await typeOf(acme, 'ANNUAL');
  sick = await typeOf(acme, 'SICK');
});
afterAll(() => fleet.close());

const typeOf = async ({ db }: TestTenant, code: string) =>
  (await db.leaveType.findFirstOrThrow({ where: { code, deletedAt: null } })).id;

/** Somebody with an account, who may ask for their own leave. */
async function addEmployee(more: object = {}, tenant = acme) {
  const person = await addScopedPerson(fleet, tenant, own);
  const employeeId = await addRow(tenant.db, 'Employee', {
    userId: person.id,
    hiredOn: new Date('2020-01-01'),
    ...more,
  });
  return { ...person, employeeId };
}

type Employee = Awaited<ReturnType<typeof addEmployee>>;

/** Entitles an employee to days of annual leave. */
const entitle = ({ employeeId }: Employee, days: number, year = 2026) =>
  addRow(acme.db, 'LeaveEntitlement', { employeeId, leaveTypeId: annual, year, days, carriedOverDays: 0 });

const request = (
  { token }: Pick<Person, 'token'>,
  startsOn: string,
  endsOn: string,
  more: object = {},
  graphql = fleet.graphql,
) =>
  graphql(
    `mutation ($input: LeaveRequestInput!) {
      requestLeave(input: $input) { uuid status days employeeId startsOn endsOn }
    }`,
    { token, variables: { input: { leaveTypeId: annual, startsOn, endsOn, ...more } } },
  );

const act = (
  name: 'approveLeave' | 'rejectLeave' | 'cancelLeave',
  { token }: Pick<Person, 'token'>,
  id: string,
  more: object = {},
) =>
  fleet.graphql(
    `mutation ($id: ID!, $note: String, $expected: DateTime) {
      done: ${name}(leaveRequestId: $id, note: $note, expectedUpdatedAt: $expected) { status decisionNote }
    }`,
    { token, variables: { id, ...more } },
  );

const problemsOf = ({ errors }: Awaited<ReturnType<typeof request>>) =>
  errors.flatMap(({ extensions }) => extensions.fields ?? [extensions.code]);

const at = (field: string) => [expect.objectContaining({ path: ['input', field] })];

async function requested(person: Employee, startsOn: string, endsOn = startsOn, more: object = {}) {
  const { data, errors } = await request(person, startsOn, endsOn, more);
  expect(errors).toEqual([]);
  return String(data.requestLeave.uuid);
}

describe('a request for leave', () => {
  it.each([
    ['a day', '2026-03-11', '2026-03-11', {}, '1'],
    ['a morning', '2026-03-11', '2026-03-11', { endsAtNoon: true }, '0.5'],
    ['an afternoon', '2026-03-11', '2026-03-11', { startsAtNoon: true }, '0.5'],
    ['a weekend in between', '2026-03-13', '2026-03-16', {}, '2'],
    // The Saturday is Liberation Day, and Monday its substitute.
    ['a substitute holiday in between', '2026-08-14', '2026-08-18', { startsAtNoon: true }, '1.5'],
  ])('counts the working days of %s', async (_what, startsOn, endsOn, more, days) => {
    const person = await addEmployee();
    await entitle(person, 15);
    const { data, errors } = await request(person, startsOn, endsOn, more);
    expect(errors).toEqual([]);
    expect(data.requestLeave).toMatchObject({ status: 'PENDING', days, startsOn, endsOn });
  });

  it.each([
    ['begins on a Sunday', '2026-03-15', '2026-03-16', {}, 'startsOn'],
    ['ends on a holiday', '2026-05-04', '2026-05-05', {}, 'endsOn'],
    ['ends before it begins', '2026-03-12', '2026-03-11', {}, 'endsOn'],
    [
      'lasts from noon to noon',
      '2026-03-11',
      '2026-03-11',
      { startsAtNoon: true, endsAtNoon: true },
      'endsOn',
    ],
    ['lasts into the next year', '2026-12-31', '2027-01-04', {}, 'endsOn'],
    ['begins before the employment', '2019-12-30', '2019-12-30', {}, 'startsOn'],
    ['ends after the employment', '2026-11-02', '2026-11-03', {}, 'endsOn'],
    ['is of no kind', '2026-03-11', '2026-03-11', { leaveTypeId: randomUUID() }, 'leaveTypeId'],
    ['is for nobody', '2026-03-11', '2026-03-11', { employeeId: randomUUID() }, 'employeeId'],
    ['says nothing in its reason', '2026-03-11', '2026-03-11', { reason: '' }, 'reason'],
  ])('is refused when it %s', async (_what, startsOn, endsOn, more, field) => {
    const person = await addEmployee({ leftOn: new Date('2026-11-02') });
    await entitle(person, 15);
    expect(problemsOf(await request(person, startsOn, endsOn, more))).toEqual(at(field));
  });

  it.each(['ANNUAL', 'SICK'])('lies within the years that can have entitlements: %s', async (code) => {
    const person = await addEmployee({ hiredOn: new Date('1800-01-01') });
    const leaveTypeId = await typeOf(acme, code);
    for (const day of ['1899-12-29', '3000-01-07']) {
      const said = 'Use a day between the years 1900 and 2999.';
      expect(problemsOf(await request(person, day, day, { leaveTypeId }))).toMatchObject([
        { path: ['input', 'startsOn'], message: said },
        { path: ['input', 'endsOn'], message: said },
      ]);
    }
  });

  it('needs an employee, who is the viewer’s own unless they may write for others', async () => {
    const [person, other] = [await addEmployee(), await addEmployee()];
    const nobody = await addScopedPerson(fleet, acme, own);
    expect(problemsOf(await request(nobody, '2026-03-11', '2026-03-11'))).toEqual(at('employeeId'));
    const forOther = { employeeId: other.employeeId };
    expect(problemsOf(await request(person, '2026-03-11', '2026-03-11', forOther))).toEqual(at('employeeId'));
    await entitle(other, 1);
    expect((await request(admin, '2026-03-11', '2026-03-11', forOther)).errors).toEqual([]);
    const reader = await addScopedPerson(fleet, acme, { 'leave:read': 'ALL' });
    expect((await request(reader, '2026-03-12', '2026-03-12', forOther)).codes).toEqual(['FORBIDDEN']);
  });

  it('for somebody whose leave one may not read is as for nobody, whatever one may write', async () => {
    const clerk = await addScopedPerson(fleet, acme, { 'leave:write': 'ALL', 'leave:read': 'OWN' });
    const { employeeId } = await addEmployee({ leftOn: new Date('2020-01-31') });
    for (const id of [employeeId, randomUUID()]) {
      const asked = await request(clerk, '2026-03-11', '2026-03-11', { employeeId: id });
      expect(problemsOf(asked)).toEqual(at('employeeId'));
    }
  });

  it('may meet another at noon, and overlaps none', async () => {
    const person = await addEmployee();
    await entitle(person, 15);
    await requested(person, '2026-03-11', '2026-03-11', { endsAtNoon: true });
    await requested(person, '2026-03-11', '2026-03-12', { startsAtNoon: true });
    expect(problemsOf(await request(person, '2026-03-12', '2026-03-13'))).toEqual(at('startsOn'));
    expect(problemsOf(await request(person, '2026-03-11', '2026-03-11', { leaveTypeId: sick }))).toEqual(
      at('startsOn'),
    );
  });

  it('takes no more days than are left, and as many as are', async () => {
    const person = await addEmployee();
    await entitle(person, 2.5);
    await requested(person, '2026-03-11', '2026-03-12');
    expect(problemsOf(await request(person, '2026-03-13', '2026-03-13'))).toEqual(at('endsOn'));
    await requested(person, '2026-03-13', '2026-03-13', { startsAtNoon: true });
    // Whoever is ill takes none of them.
    await requested(person, '2026-03-16', '2026-03-20', { leaveTypeId: sick });
  });

  it('finds the days of the Labour Standards Act where nobody has set others', async () => {
    const person = await addEmployee({ hiredOn: new Date('2026-01-02') });
    await requested(person, '2026-03-11');
    const entitlement = await acme.db.leaveEntitlement.findFirstOrThrow({
      where: { employeeId: person.employeeId },
    });
    expect(entitlement).toMatchObject({ year: 2026, isOverridden: false, userId: person.id });
    expect(entitlement.days.toFixed()).toBe('11');
  });

  it('finds them anew once the first day of the employment is corrected', async () => {
    const year = new Date().getFullYear();
    const person = await addEmployee({ hiredOn: new Date(`${year - 1}-06-01`) });
    const { employeeId } = person;
    for (const isOverridden of [false, true]) {
      await addRow(acme.db, 'LeaveEntitlement', {
        employeeId,
        leaveTypeId: annual,
        year: isOverridden ? year + 1 : year,
        days: 3,
        carriedOverDays: 2,
        isOverridden,
      });
    }
    const { errors } = await fleet.graphql(
      'mutation ($id: ID!) { updateEmployee(employeeId: $id, input: { hiredOn: "1990-06-01" }) { uuid } }',
      { token: admin.token, variables: { id: employeeId } },
    );
    expect(errors).toEqual([]);
    const found = await acme.db.leaveEntitlement.findMany({
      where: { employeeId },
      orderBy: { year: 'asc' },
    });
    expect(found.map(({ days, carriedOverDays }) => [days.toFixed(), carriedOverDays.toFixed()])).toEqual([
      ['25', '2'],
      ['3', '2'],
    ]);
    const audited = { action: 'leaveEntitlement.update', entityId: found[0]?.id ?? '' };
    expect(await acme.db.auditRecord.count({ where: audited })).toBe(1);
  });

  it('takes days and times once when ten are sent at once', async () => {
    const person = await addEmployee();
    await entitle(person, 3);
    const days = ['09', '10', '11', '12', '13', '16', '17', '18', '19', '20'];
    const answers = await Promise.all(
      days.map((day, index) =>
        request(person, `2026-03-${day}`, `2026-03-${day}`, {}, index % 2 ? elsewhere : fleet.graphql),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(3);
    const same = await Promise.all(
      days.map((_, index) =>
        request(
          person,
          '2026-04-01',
          '2026-04-01',
          { leaveTypeId: sick },
          index % 2 ? elsewhere : fleet.graphql,
        ),
      ),
    );
    expect(same.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(same.flatMap(problemsOf)).toEqual(Array.from({ length: 9 }, () => at('startsOn')[0]));
  });
});

describe('the balance of leave', () => {
  it('tells what is approved, asked for and left, for each who may read it', async () => {
    const person = await addEmployee();
    await entitle(person, 15);
    const approved = await requested(person, '2026-03-11', '2026-03-12');
    await act('approveLeave', admin, approved);
    await requested(person, '2026-03-13', '2026-03-13', { endsAtNoon: true });
    await act('cancelLeave', person, await requested(person, '2026-03-16'));
    const balances = async ({ token }: Pick<Person, 'token'>) => {
      const { data, codes } = await fleet.graphql(
        `query ($id: ID!) { employee(employeeId: $id) { leaveBalances(year: 2026) {
          year days carriedOverDays approvedDays pendingDays remainingDays
        } } }`,
        { token, variables: { id: person.employeeId } },
      );
      return data.employee?.leaveBalances ?? codes;
    };
    expect(await balances(admin)).toEqual([
      {
        year: 2026,
        days: '15',
        carriedOverDays: '0',
        approvedDays: '2',
        pendingDays: '0.5',
        remainingDays: '12.5',
      },
    ]);
    const reader = await addScopedPerson(fleet, acme, {
      'employees:read': 'ALL',
      'leaveEntitlements:read': 'OWN',
    });
    expect(await balances(reader)).toEqual([]);
    const stranger = await addScopedPerson(fleet, acme, { 'employees:read': 'ALL' });
    expect(await balances(stranger)).toEqual(['FORBIDDEN']);
  });
});

describe('the balance of a year', () => {
  it.each([-1, 0, 99, 1899, 3000, 275_760, 2_147_483_647])(
    'that has no entitlements is refused: %i',
    async (year) => {
      const { employeeId } = await addEmployee();
      const { errors } = await fleet.graphql(
        `query ($id: ID!, $year: Int!) { employee(employeeId: $id) { leaveBalances(year: $year) { days } } }`,
        { token: admin.token, variables: { id: employeeId, year } },
      );
      expect(errors.map(({ extensions }) => extensions)).toMatchObject([
        { code: 'VALIDATION_FAILED', fields: [{ path: ['year'] }] },
      ]);
    },
  );
});

describe('a decision about leave', () => {
  /** An employee in a department of its own below another, each with a head. */
  async function addTeam() {
    const head = await addScopedPerson(fleet, acme, {});
    const chief = await addScopedPerson(fleet, acme, {});
    const above = await addRow(acme.db, 'Department', { headId: chief.id });
    const departmentId = await addRow(acme.db, 'Department', { headId: head.id, parentId: above });
    const person = await addEmployee({ departmentId });
    await entitle(person, 15);
    return { head, chief, departmentId, person };
  }

  it('is for the head of the department or of one above, and for nobody of another', async () => {
    const { head, chief, person } = await addTeam();
    const { head: stranger } = await addTeam();
    const first = await requested(person, '2026-03-11');
    expect((await act('approveLeave', stranger, first)).codes).toEqual(['NOT_FOUND']);
    expect((await act('approveLeave', head, first, { note: 'Enjoy' })).data.done).toEqual({
      status: 'APPROVED',
      decisionNote: 'Enjoy',
    });
    const second = await requested(person, '2026-03-12');
    expect((await act('rejectLeave', chief, second)).data.done.status).toBe('REJECTED');
  });

  it('is for whoever may approve leave, within their scope', async () => {
    const { person, departmentId } = await addTeam();
    await acme.db.user.update({ where: { id: person.id }, data: { departmentId } });
    const id = await requested(person, '2026-03-11');
    const rights = (scope: 'OWN' | 'DEPARTMENT' | 'ALL', more: object = {}) =>
      addScopedPerson(fleet, acme, { 'leave:approve': scope }, more);
    expect((await act('approveLeave', await rights('OWN'), id)).codes).toEqual(['NOT_FOUND']);
    expect((await act('approveLeave', await rights('DEPARTMENT'), id)).codes).toEqual(['NOT_FOUND']);
    const colleague = await rights('DEPARTMENT', { departmentId });
    expect((await act('approveLeave', colleague, id)).data.done.status).toBe('APPROVED');
    const next = await requested(person, '2026-03-12');
    expect((await act('rejectLeave', await rights('ALL'), next)).data.done.status).toBe('REJECTED');
  });

  it('is nobody’s about their own, head or not', async () => {
    const { departmentId } = await addTeam();
    const person = await addEmployee({ departmentId });
    await entitle(person, 15);
    await acme.db.department.update({ where: { id: departmentId }, data: { headId: person.id } });
    const id = await requested(person, '2026-03-11');
    for (const name of ['approveLeave', 'rejectLeave'] as const) {
      expect((await act(name, person, id)).codes).toEqual(['FORBIDDEN']);
    }
  });

  it('is made once', async () => {
    const { head, chief, person } = await addTeam();
    const id = await requested(person, '2026-03-11');
    const answers = await Promise.all([act('approveLeave', head, id), act('rejectLeave', chief, id)]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
    expect((await act('approveLeave', head, id)).errors[0]?.extensions).toMatchObject({
      reason: 'WRONG_STATE',
    });
  });

  it('is refused on an older state of the request', async () => {
    const { head, person } = await addTeam();
    const id = await requested(person, '2026-03-11');
    const { errors } = await act('approveLeave', head, id, { expected: '2026-01-01T00:00:00.000Z' });
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'STALE' });
  });

  it('is no approval when the days are gone by then', async () => {
    const { head, person } = await addTeam();
    const id = await requested(person, '2026-03-11');
    await acme.db.leaveEntitlement.updateMany({
      where: { employeeId: person.employeeId },
      data: { days: 0 },
    });
    expect((await act('approveLeave', head, id)).errors[0]?.extensions).toMatchObject({
      reason: 'WRONG_STATE',
    });
  });

  it('is no approval of days on which the employee works here no longer, or not yet', async () => {
    const { head, person } = await addTeam();
    const id = await requested(person, '2026-03-11', '2026-03-12');
    const where = { id: person.employeeId };
    for (const data of [
      { leftOn: new Date('2026-03-11') },
      { leftOn: null, hiredOn: new Date('2026-03-12') },
    ]) {
      await acme.db.employee.update({ where, data });
      expect((await act('approveLeave', head, id)).errors[0]?.extensions).toMatchObject({
        reason: 'WRONG_STATE',
      });
    }
    await acme.db.employee.update({
      where,
      data: { hiredOn: new Date('2026-03-11'), leftOn: new Date('2026-03-12') },
    });
    expect((await act('approveLeave', head, id)).errors).toEqual([]);
  });

  it.each([
    ['is deleted', { deletedAt: new Date() }],
    ['is for another year', { year: 2027 }],
  ])('is no approval of limited leave whose entitlement %s by then', async (_what, change) => {
    const { head, person } = await addTeam();
    const leaveTypeId = await addRow(acme.db, 'LeaveType', { isLimited: true });
    const { employeeId } = person;
    await addRow(acme.db, 'LeaveEntitlement', { employeeId, leaveTypeId, year: 2026, days: 3 });
    const id = await requested(person, '2026-03-11', '2026-03-12', { leaveTypeId });
    await acme.db.leaveEntitlement.updateMany({ where: { employeeId, leaveTypeId }, data: change });
    expect((await act('approveLeave', head, id)).errors).toMatchObject([
      { message: '2 days are missing from the entitlement.', extensions: { reason: 'WRONG_STATE' } },
    ]);
    expect(problemsOf(await request(person, '2026-03-16', '2026-03-16', { leaveTypeId }))).toMatchObject([
      { message: 'This takes 1 days, and 0 are left.' },
    ]);
  });

  it('is no approval of leave that has been limited meanwhile, without an entitlement', async () => {
    const { head, person } = await addTeam();
    const leaveTypeId = await addRow(acme.db, 'LeaveType', { isLimited: false });
    const id = await requested(person, '2026-03-11', '2026-03-11', { leaveTypeId });
    await acme.db.leaveType.update({ where: { id: leaveTypeId }, data: { isLimited: true } });
    expect((await act('approveLeave', head, id)).codes).toEqual(['CONFLICT']);
  });

  it('stands in the audit log, with who made it', async () => {
    const { head, person } = await addTeam();
    const id = await requested(person, '2026-03-11');
    await act('approveLeave', head, id);
    await act('cancelLeave', admin, id, { note: 'Inventory' });
    const records = await acme.db.auditRecord.findMany({
      where: { entityId: id },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    expect(records.map(({ action, userId }) => [action, userId])).toEqual([
      ['leaveRequest.create', person.id],
      ['leaveRequest.approve', head.id],
      ['leaveRequest.cancel', admin.id],
    ]);
  });
});

describe('leave', () => {
  const future = '2026-12-30';

  it('is cancelled by its employee while it waits, and until it begins; its days are free again', async () => {
    const person = await addEmployee();
    await entitle(person, 1);
    const past = await requested(person, '2026-03-11');
    expect((await act('cancelLeave', person, past)).data.done.status).toBe('CANCELLED');
    const coming = await requested(person, future);
    await act('approveLeave', admin, coming);
    expect((await act('cancelLeave', person, coming)).data.done.status).toBe('CANCELLED');
    expect((await act('cancelLeave', person, coming)).codes).toEqual(['CONFLICT']);
    await requested(person, future);
  });

  it('that has begun is cancelled by others only', async () => {
    const person = await addEmployee();
    await entitle(person, 1);
    const id = await requested(person, '2026-03-11');
    await act('approveLeave', admin, id);
    expect((await act('cancelLeave', person, id)).codes).toEqual(['FORBIDDEN']);
    expect((await act('cancelLeave', await addEmployee(), id)).codes).toEqual(['NOT_FOUND']);
    expect((await act('cancelLeave', admin, id)).data.done.status).toBe('CANCELLED');
  });

  it('of another tenant is not there', async () => {
    const theirs = await addAdministrator(fleet, beta);
    const person = await addEmployee();
    await entitle(person, 1);
    const id = await requested(person, '2026-03-11');
    for (const name of ['approveLeave', 'rejectLeave', 'cancelLeave'] as const) {
      expect((await act(name, theirs, id)).codes).toEqual(['NOT_FOUND']);
    }
    const { data } = await fleet.graphql(`{ leaveRequests { totalCount } }`, { token: theirs.token });
    expect(data.leaveRequests.totalCount).toBe(0);
  });
});
