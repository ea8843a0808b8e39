import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
/** In Berlin, with work from 08:30 and seven and a half hours a day. */
let beta: TestTenant;
let acmeAdmin: Person;
let betaAdmin: Person;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  acmeAdmin = await addAdministrator(fleet, acme);
  betaAdmin = await addAdministrator(fleet, beta);
  await setSettings('beta02', { timezone: 'Europe/Berlin', work_start: '08:30', work_hours: 7.5 });
});
afterAll(() => fleet.close());

async function setSettings(tenantKey: string, settings: object) {
  const { accessToken: token } = await fleet.signInManager();
  for (const [key, value] of Object.entries(settings)) {
    const { errors } = await fleet.graphql(
      `mutation ($tenantKey: String!, $key: String!, $value: JSON) {
        setTenantConfig(tenantKey: $tenantKey, key: $key, value: $value, isPublic: true) { key }
      }`,
      { token, variables: { tenantKey, key, value } },
    );
    expect(errors).toEqual([]);
  }
}

const summary = ({ token }: Pick<Person, 'token'>, variables: object) =>
  fleet.graphql(
    `query ($month: String!, $employeeId: ID, $departmentId: ID) {
      attendanceSummary(month: $month, employeeId: $employeeId, departmentId: $departmentId) {
        employee { uuid } workingDays workedMinutes lateCount lateMinutes absentDays leaveDays leaveMinutes
      }
    }`,
    { token, variables: { ...variables } },
  );

async function summaryOf(person: Pick<Person, 'token'>, employeeId: string, month: string) {
  const { data, errors } = await summary(person, { employeeId, month });
  expect(errors).toEqual([]);
  return data.attendanceSummary[0];
}

const addEmployee = ({ db }: TestTenant, more: object = {}) =>
  addRow(db, 'Employee', { hiredOn: new Date('2020-01-01'), leftOn: null, ...more });

const addRecord = ({ db }: TestTenant, employeeId: string, day: string, came: string, left: string | null) =>
  addRow(db, 'AttendanceRecord', {
    employeeId,
    workDate: new Date(day),
    clockedInAt: new Date(came),
    clockedOutAt: left === null ? null : new Date(left),
  });

const addLeave = ({ db }: TestTenant, employeeId: string, first: string, last: string, more: object = {}) =>
  addRow(db, 'LeaveRequest', {
    employeeId,
    startsOn: new Date(first),
    endsOn: new Date(last),
    status: 'APPROVED',
    decidedAt: new Date(),
    ...more,
  });

describe('the summary of a month', () => {
  it('counts what was worked, late, absent and off, each day by itself', async () => {
    const employeeId = await addEmployee(acme);
    // May 2026 has 21 weekdays; three of them are holidays by then.
    const days = await acme.db.holiday.findMany({
      where: { deletedAt: null, date: { gte: new Date('2026-05-01'), lte: new Date('2026-05-31') } },
    });
    await acme.db.holiday.updateMany({
      where: { id: { in: days.map(({ id }) => id) } },
      data: { deletedAt: new Date() },
    });
    for (const day of ['2026-05-01', '2026-05-05', '2026-05-25', '2026-05-24']) {
      await addRow(acme.db, 'Holiday', { date: new Date(day) });
    }
    // On time, and late by ten minutes and a half; twice on one day; on a Saturday, which is never late.
    await addRecord(acme, employeeId, '2026-05-04', '2026-05-04T00:00:00Z', '2026-05-04T09:00:00Z');
    await addRecord(acme, employeeId, '2026-05-06', '2026-05-06T00:10:30Z', '2026-05-06T03:10:30Z');
    await addRecord(acme, employeeId, '2026-05-06', '2026-05-06T04:00:00Z', '2026-05-06T05:00:00Z');
    await addRecord(acme, employeeId, '2026-05-09', '2026-05-09T03:00:00Z', '2026-05-09T04:00:00Z');
    // A morning off, so that coming at two is not late; a whole day; an afternoon off without coming before.
    await addLeave(acme, employeeId, '2026-05-07', '2026-05-07', { endsAtNoon: true, days: 0.5 });
    await addRecord(acme, employeeId, '2026-05-07', '2026-05-07T05:00:00Z', '2026-05-07T09:00:00Z');
    await addLeave(acme, employeeId, '2026-05-08', '2026-05-11', { days: 2 });
    await addLeave(acme, employeeId, '2026-05-12', '2026-05-12', { startsAtNoon: true, days: 0.5 });
    // Waits for a decision, and so is no leave.
    await addLeave(acme, employeeId, '2026-05-13', '2026-05-13', { status: 'PENDING', decidedAt: null });
    expect(await summaryOf(acmeAdmin, employeeId, '2026-05')).toEqual({
      employee: { uuid: employeeId },
      workingDays: 18,
      workedMinutes: 60 * (9 + 3 + 1 + 1 + 4),
      lateCount: 1,
      lateMinutes: 10,
      // 18 days, less three with a record, two off, and half of one.
      absentDays: '12.5',
      leaveDays: '3',
      leaveMinutes: 3 * 480,
    });
  });

  it('counts days of the employment alone', async () => {
    const employeeId = await addEmployee(acme, {
      hiredOn: new Date('2026-03-16'),
      leftOn: new Date('2026-03-20'),
    });
    expect(await summaryOf(acmeAdmin, employeeId, '2026-03')).toMatchObject({
      workingDays: 5,
      absentDays: '5',
      leaveDays: '0',
    });
    expect(await summaryOf(acmeAdmin, employeeId, '2026-02')).toBeUndefined();
    expect(await summaryOf(acmeAdmin, employeeId, '2026-04')).toBeUndefined();
  });

  it('has nobody absent today or later, nor an open record worked', async () => {
    const employeeId = await addEmployee(acme);
    expect(await summaryOf(acmeAdmin, employeeId, '2999-01')).toMatchObject({ absentDays: '0' });
    await addRecord(acme, employeeId, '2026-03-16', '2026-03-16T00:00:00Z', null);
    expect(await summaryOf(acmeAdmin, employeeId, '2026-03')).toMatchObject({ workedMinutes: 0 });
  });

  it.each([
    // The night of the change has an hour less, or more. Work begins at 08:30 of both times.
    ['Europe/Berlin', '2026-03', '2026-03-28', '2026-03-28T21:00:00Z', '2026-03-29T04:00:00Z', 0, 7],
    ['Europe/Berlin', '2026-10', '2026-10-24', '2026-10-24T20:00:00Z', '2026-10-25T05:00:00Z', 0, 9],
    ['Europe/Berlin', '2026-03', '2026-03-27', '2026-03-27T07:35:00Z', '2026-03-27T08:35:00Z', 5, 1],
    ['Europe/Berlin', '2026-03', '2026-03-30', '2026-03-30T06:35:00Z', '2026-03-30T07:35:00Z', 5, 1],
    ['America/New_York', '2026-11', '2026-11-02', '2026-11-02T13:35:00Z', '2026-11-02T14:35:00Z', 5, 1],
    ['America/New_York', '2026-03', '2026-03-09', '2026-03-09T12:35:00Z', '2026-03-09T13:35:00Z', 5, 1],
  ])(
    'in %s, %s, keeps to the clock on the wall and to elapsed time',
    async (timezone, month, day, ...rest) => {
      const [came, left, lateMinutes, hours] = rest;
      await setSettings('beta02', { timezone });
      const employeeId = await addEmployee(beta);
      await addRecord(beta, employeeId, day, came, left);
      await addLeave(beta, employeeId, `${month}-16`, `${month}-16`, { days: 1 });
      expect(await summaryOf(betaAdmin, employeeId, month)).toMatchObject({
        workedMinutes: 60 * hours,
        lateMinutes,
        leaveMinutes: 450,
      });
    },
  );

  it('refuses what is no month', async () => {
    for (const month of ['2026-13', '2026-1', '1899-12', '2026-01-01', '']) {
      expect((await summary(acmeAdmin, { month })).codes).toEqual(['VALIDATION_FAILED']);
    }
  });
});

describe('whom it is about', () => {
  const uuidsOf = ({ data, errors }: Awaited<ReturnType<typeof summary>>) => {
    expect(errors).toEqual([]);
    return data.attendanceSummary.map(({ employee }: { employee: { uuid: string } }) => employee.uuid).sort();
  };

  it('is those of the tenant whom the viewer may ask about', async () => {
    const scoped = (scope: 'OWN' | 'ALL', tenant = acme) =>
      addScopedPerson(fleet, tenant, { 'attendance:read': scope, 'employees:read': 'ALL' });
    const [person, head, everybody] = [await scoped('OWN'), await scoped('OWN'), await scoped('ALL')];
    const above = await addRow(acme.db, 'Department', { headId: head.id });
    const departmentId = await addRow(acme.db, 'Department', { parentId: above });
    const elsewhere = await addRow(acme.db, 'Department');
    const mine = await addEmployee(acme, { userId: person.id, departmentId });
    const colleague = await addEmployee(acme, { departmentId });
    const other = await addEmployee(acme, { departmentId: elsewhere });
    // The same ids in another tenant.
    await addRow(beta.db, 'Department', { id: departmentId });
    await addEmployee(beta, { id: mine, departmentId });
    const stranger = await addEmployee(beta, { departmentId });
    const month = '2026-03';
    expect(uuidsOf(await summary(person, { month }))).toEqual([mine]);
    expect(uuidsOf(await summary(head, { month }))).toEqual([mine, colleague].sort());
    expect(uuidsOf(await summary(everybody, { month }))).toEqual(
      expect.arrayContaining([mine, colleague, other]),
    );
    expect(uuidsOf(await summary(everybody, { month, departmentId: above }))).toEqual(
      [mine, colleague].sort(),
    );
    expect(uuidsOf(await summary(person, { month, employeeId: other }))).toEqual([]);
    expect(uuidsOf(await summary(everybody, { month, employeeId: stranger }))).toEqual([]);
    expect(uuidsOf(await summary(betaAdmin, { month, departmentId }))).toEqual([mine, stranger].sort());
    const nobody = await addScopedPerson(fleet, acme, { 'attendance:write': 'ALL' });
    expect((await summary(nobody, { month })).codes).toEqual(['FORBIDDEN']);
  });

  it('is 500 employees in one request, and a department when there are more', async () => {
    const { db } = acme;
    const departmentId = await addRow(db, 'Department');
    const hiredOn = new Date('2020-01-01');
    const people = (count: number, prefix: string) =>
      db.employee.createMany({
        data: Array.from({ length: count }, (_, index) => ({
          number: `${prefix}-${index}`,
          name: 'Kim',
          hiredOn,
          departmentId,
        })),
      });
    await people(500, 'many');
    const variables = { month: '2026-03', departmentId };
    expect((await summary(acmeAdmin, variables)).data.attendanceSummary).toHaveLength(500);
    await people(1, 'more');
    expect((await summary(acmeAdmin, variables)).codes).toEqual(['VALIDATION_FAILED']);
  });
});
