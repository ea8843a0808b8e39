import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { addAdministrator, type Person } from '../support/people.ts';
import { addScopedPerson, type ScopedPermissions } from '../support/scoped-roles.ts';

let fleet: TestFleet;
let acme: TestTenant;
let beta: TestTenant;
let admin: Person;
/** Another process. */
let elsewhere: TestFleet['graphql'];

const own = { 'attendance:read': 'OWN', 'attendance:write': 'OWN' } as const;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  beta = await fleet.provision('beta02');
  admin = await addAdministrator(fleet, acme);
  elsewhere = fleet.startApp().graphql;
});
afterAll(() => fleet.close());

/** Somebody with an account, who may write their own attendance. */
async function addEmployee(more: object = {}, tenant = acme) {
  const person = await addScopedPerson(fleet, tenant, own);
  const hiredOn = new Date('2020-01-01');
  const employeeId = await addRow(tenant.db, 'Employee', { userId: person.id, hiredOn, ...more });
  return { ...person, employeeId };
}

type Token = Pick<Person, 'token'>;

const clock = (
  name: 'clockIn' | 'clockOut',
  { token }: Token,
  variables: object = {},
  graphql = fleet.graphql,
) =>
  graphql(
    `mutation ($employeeId: ID, $note: String) {
      done: ${name}(employeeId: $employeeId, note: $note) { uuid workDate clockedInAt clockedOutAt note }
    }`,
    { token, variables: { ...variables } },
  );

const request = ({ token }: Token, input: object) =>
  fleet.graphql(
    `mutation ($input: AttendanceCorrectionInput!) {
      done: requestAttendanceCorrection(input: $input) { id status workDate record { uuid } }
    }`,
    { token, variables: { input: { reason: 'Forgotten', ...input } } },
  );

const decide = (name: 'approve' | 'reject', { token }: Token, id: string, graphql = fleet.graphql) =>
  graphql(
    `mutation ($id: ID!) {
      done: ${name}AttendanceCorrection(attendanceCorrectionId: $id, note: "Seen") { status decisionNote workDate }
    }`,
    { token, variables: { id } },
  );

const fieldsOf = ({ errors }: Awaited<ReturnType<typeof request>>) =>
  errors.flatMap(({ extensions }) => extensions.fields ?? [extensions.code]);

const at = (...path: string[]) => [expect.objectContaining({ path })];

const setSetting = async (tenantKey: string, key: string, value: unknown, language = 'en') => {
  const { accessToken: token } = await fleet.signInManager();
  return fleet.graphql(
    `mutation ($tenantKey: String!, $key: String!, $value: JSON) {
      setTenantConfig(tenantKey: $tenantKey, key: $key, value: $value, isPublic: true) { value }
    }`,
    { token, variables: { tenantKey, key, value }, headers: { 'accept-language': language } },
  );
};

const dayIn = (timeZone: string, moment: string) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date(moment));

/** A record of an employee on a day in January, from nine to six in Seoul. */
const addRecord = (employeeId: string, day: string, more: object = {}) =>
  addRow(acme.db, 'AttendanceRecord', {
    employeeId,
    workDate: new Date(day),
    clockedInAt: new Date(`${day}T00:00:00Z`),
    clockedOutAt: new Date(`${day}T09:00:00Z`),
    ...more,
  });

describe('who comes and leaves', () => {
  it('has a record of it, on the tenant’s day, which says who it was', async () => {
    const person = await addEmployee();
    const { data, errors } = await clock('clockIn', person, { note: 'From home' });
    expect(errors).toEqual([]);
    expect(data.done).toMatchObject({
      note: 'From home',
      clockedOutAt: null,
      workDate: dayIn('Asia/Seoul', data.done.clockedInAt),
    });
    const left = await clock('clockOut', person);
    expect(left.data.done).toMatchObject({ uuid: data.done.uuid, note: 'From home' });
    expect(Date.parse(left.data.done.clockedOutAt)).toBeGreaterThanOrEqual(Date.parse(data.done.clockedInAt));
    const actions = await acme.db.auditRecord.findMany({
      where: { entityId: data.done.uuid },
      orderBy: { id: 'asc' },
      select: { action: true, userId: true },
    });
    expect(actions).toEqual([
      { action: 'attendanceRecord.create', userId: person.id },
      { action: 'attendanceRecord.update', userId: person.id },
    ]);
  });

  it('has one open record, however often and wherever they come at once', async () => {
    const person = await addEmployee();
    const answers = await Promise.all(
      [fleet.graphql, elsewhere, fleet.graphql, elsewhere].map((graphql) =>
        clock('clockIn', person, {}, graphql),
      ),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data.done.uuid)).size).toBe(1);
    const left = await Promise.all(
      [fleet.graphql, elsewhere].map((graphql) => clock('clockOut', person, {}, graphql)),
    );
    expect(left.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
    expect(await acme.db.attendanceRecord.count({ where: { employeeId: person.employeeId } })).toBe(1);
  });

  it('can’t leave without having come', async () => {
    const { errors } = await clock('clockOut', await addEmployee());
    expect(errors.map(({ extensions }) => extensions)).toMatchObject([
      { code: 'CONFLICT', reason: 'WRONG_STATE', status: 'CLOCKED_OUT' },
    ]);
  });

  it('and has forgotten to leave begins anew, and corrects the day', async () => {
    const person = await addEmployee();
    const day = '2026-01-05';
    const recordId = await addRecord(person.employeeId, day, { clockedOutAt: null });
    const { errors } = await clock('clockOut', person);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('Ask for a correction of that day.'),
        extensions: { code: 'CONFLICT', reason: 'WRONG_STATE' },
      },
    ]);
    const corrected = { attendanceRecordId: recordId, clockedInAt: `${day}T00:00:00Z` };
    expect(fieldsOf(await request(person, corrected))).toEqual(at('input', 'clockedOutAt'));
    const { data } = await clock('clockIn', person);
    expect(data.done.uuid).not.toBe(recordId);
    const record = () => acme.db.attendanceRecord.findUniqueOrThrow({ where: { id: recordId } });
    const { clockedInAt, clockedOutAt } = await record();
    expect(clockedOutAt).toEqual(clockedInAt);
    expect(await acme.db.auditRecord.count({ where: { entityId: recordId } })).toBe(1);
    const left = `${day}T09:00:00.000Z`;
    const asked = await request(person, { ...corrected, clockedOutAt: left });
    expect((await decide('approve', admin, asked.data.done.id)).errors).toEqual([]);
    expect((await record()).clockedOutAt).toEqual(new Date(left));
    expect((await clock('clockOut', person)).data.done.uuid).toBe(data.done.uuid);
  });

  it('is oneself, unless one may write for others', async () => {
    const [person, other] = [await addEmployee(), await addEmployee()];
    const forOther = { employeeId: other.employeeId };
    expect(fieldsOf(await clock('clockIn', person, forOther))).toEqual(at('employeeId'));
    expect(fieldsOf(await clock('clockIn', admin))).toEqual(at('employeeId'));
    expect((await clock('clockIn', admin, forOther)).errors).toEqual([]);
    const stranger = await addEmployee({}, beta);
    expect(fieldsOf(await clock('clockIn', admin, { employeeId: stranger.employeeId }))).toEqual(
      at('employeeId'),
    );
    const gone = await addEmployee({ leftOn: new Date('2021-01-01') });
    expect(fieldsOf(await clock('clockIn', gone))).toEqual(at('employeeId'));
  });

  it.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Berlin'])(
    'has the day that it is in %s, where the tenant is',
    async (timeZone) => {
      expect((await setSetting('beta02', 'timezone', timeZone)).errors).toEqual([]);
      const { data } = await clock('clockIn', await addEmployee({}, beta));
      expect(data.done.workDate).toBe(dayIn(timeZone, data.done.clockedInAt));
    },
  );
});

describe('who writes more attendance than they read', () => {
  it('hears nothing of employees whose attendance they may not read', async () => {
    const clerk = await addScopedPerson(fleet, acme, { 'attendance:write': 'ALL', 'attendance:read': 'OWN' });
    const { employeeId } = await addEmployee({ leftOn: new Date('2020-01-31') });
    for (const id of [employeeId, randomUUID()]) {
      for (const name of ['clockIn', 'clockOut'] as const) {
        expect(fieldsOf(await clock(name, clerk, { employeeId: id }))).toEqual(at('employeeId'));
      }
      const input = { employeeId: id, workDate: '2026-01-05', clockedInAt: '2026-01-05T00:00:00Z' };
      const asked = await request(clerk, { ...input, clockedOutAt: '2026-01-05T09:00:00Z' });
      expect(fieldsOf(asked)).toEqual(at('input', 'employeeId'));
    }
  });
});

describe('a correction', () => {
  const corrected = { clockedInAt: '2026-01-05T00:30:00Z', clockedOutAt: '2026-01-05T10:00:00Z' };

  it('changes the record once it is approved, and says so in the audit log', async () => {
    const person = await addEmployee();
    const recordId = await addRecord(person.employeeId, '2026-01-05');
    const { data, errors } = await request(person, { attendanceRecordId: recordId, ...corrected });
    expect(errors).toEqual([]);
    const read = async () =>
      (await acme.db.attendanceRecord.findUniqueOrThrow({ where: { id: recordId } })).clockedOutAt;
    expect(await read()).toEqual(new Date('2026-01-05T09:00:00Z'));
    expect((await request(person, { attendanceRecordId: recordId, ...corrected })).codes).toEqual([
      'CONFLICT',
    ]);
    const answers = await Promise.all([
      decide('approve', admin, data.done.id),
      decide('approve', admin, data.done.id, elsewhere),
    ]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['CONFLICT']);
    expect(await read()).toEqual(new Date(corrected.clockedOutAt));
    const { changes } = await acme.db.auditRecord.findFirstOrThrow({
      where: { action: 'attendanceRecord.approve_correction', entityId: recordId },
    });
    expect(changes).toMatchObject({
      clockedInAt: { before: '2026-01-05T00:00:00.000Z', after: '2026-01-05T00:30:00.000Z' },
      clockedOutAt: { before: '2026-01-05T09:00:00.000Z', after: '2026-01-05T10:00:00.000Z' },
    });
    const list = await fleet.graphql(
      'query ($id: ID!) { attendanceRecord(attendanceRecordId: $id) { corrections { status decisionNote } } }',
      { token: person.token, variables: { id: recordId } },
    );
    expect(list.data.attendanceRecord.corrections).toEqual([{ status: 'APPROVED', decisionNote: 'Seen' }]);
  });

  it('adds a forgotten day, a night shift to the day on which it began', async () => {
    const person = await addEmployee();
    const night = {
      workDate: '2026-01-06',
      clockedInAt: '2026-01-06T13:00:00Z',
      clockedOutAt: '2026-01-06T21:00:00Z',
    };
    const { data, errors } = await request(person, night);
    expect(errors).toEqual([]);
    expect(data.done).toMatchObject({ workDate: '2026-01-06', record: null });
    expect((await request(person, night)).codes).toEqual(['CONFLICT']);
    expect((await decide('approve', admin, data.done.id)).errors).toEqual([]);
    expect(
      await acme.db.attendanceRecord.findMany({ where: { employeeId: person.employeeId } }),
    ).toMatchObject([{ workDate: new Date('2026-01-06'), userId: person.id }]);
  });

  it('changes nothing when it is rejected, and another can follow', async () => {
    const person = await addEmployee();
    const recordId = await addRecord(person.employeeId, '2026-01-05');
    const before = await acme.db.attendanceRecord.findUniqueOrThrow({ where: { id: recordId } });
    const { data } = await request(person, { attendanceRecordId: recordId, ...corrected });
    expect((await decide('reject', admin, data.done.id)).data.done.status).toBe('REJECTED');
    expect(await acme.db.attendanceRecord.findUniqueOrThrow({ where: { id: recordId } })).toEqual(before);
    expect((await request(person, { attendanceRecordId: recordId, ...corrected })).errors).toEqual([]);
  });

  it('of a forgotten day is in the audit log as attendance is: for whoever may read the employee’s', async () => {
    const person = await addEmployee();
    const { data } = await request(person, { workDate: '2026-01-05', ...corrected });
    expect((await decide('reject', admin, data.done.id)).errors).toEqual([]);
    const reasonsFor = async (rights: ScopedPermissions, more: object = {}) => {
      const { token, id } = await addScopedPerson(fleet, acme, { 'audit:read': 'ALL', ...rights });
      await acme.db.employee.update({ where: { id: person.employeeId }, data: { userId: id, ...more } });
      const log = await fleet.graphql(
        `{ auditLog(first: 100, actions: [ATTENDANCE_RECORD_REQUEST_CORRECTION, ATTENDANCE_RECORD_REJECT_CORRECTION]) {
          edges { node { entityId changes { field after redacted } } }
        } }`,
        { token },
      );
      const nodes: { entityId: string; changes: { field: string; after: unknown }[] }[] =
        log.data.auditLog.edges.map(({ node }: { node: unknown }) => node);
      return nodes
        .filter(({ entityId }) => entityId === data.done.id)
        .map(({ changes }) => changes.find(({ field }) => /reason|decisionNote/.test(field))?.after);
    };
    const seen = ['Seen', 'Forgotten'];
    const own = { 'attendance:read': 'OWN' } as const;
    expect(await reasonsFor({ 'attendance:read': 'ALL' })).toEqual(seen);
    expect(await reasonsFor(own)).toEqual(seen);
    expect(await reasonsFor({ 'employees:read': 'ALL' })).toEqual([null, null]);
    expect(await reasonsFor({ 'employees:read': 'ALL', ...own }, { userId: person.id })).toEqual([]);
  });

  it('is not approved once it no longer fits the records', async () => {
    const person = await addEmployee();
    const { data } = await request(person, { workDate: '2026-01-05', ...corrected });
    await addRecord(person.employeeId, '2026-01-05');
    expect((await decide('approve', admin, data.done.id)).codes).toEqual(['CONFLICT']);
    expect((await decide('reject', admin, data.done.id)).errors).toEqual([]);
  });

  it.each([
    ['has left before that day', { leftOn: new Date('2026-01-04') }],
    ['is hired after it', { hiredOn: new Date('2026-01-06') }],
    ['is deleted', { deletedAt: new Date() }],
  ])('is only rejected once the employee %s', async (_what, data) => {
    const person = await addEmployee();
    const { data: asked } = await request(person, { workDate: '2026-01-05', ...corrected });
    await acme.db.employee.update({ where: { id: person.employeeId }, data });
    expect((await decide('approve', admin, asked.done.id)).codes).toEqual(['CONFLICT']);
    expect(await acme.db.attendanceRecord.count({ where: { employeeId: person.employeeId } })).toBe(0);
    expect((await decide('reject', admin, asked.done.id)).errors).toEqual([]);
  });

  it.each([
    ['ends before it begins', { clockedOutAt: '2026-01-05T00:29:00Z' }, 'clockedOutAt'],
    ['lasts for more than a day', { clockedOutAt: '2026-01-06T00:30:01Z' }, 'clockedOutAt'],
    ['begins in the future', { clockedInAt: '2999-01-05T00:30:00Z' }, 'clockedInAt'],
    ['ends in the future', { clockedOutAt: '2999-01-05T00:30:00Z' }, 'clockedOutAt'],
    ['does not end', { clockedOutAt: null }, 'clockedOutAt'],
    ['begins on another day', { workDate: '2026-01-06' }, 'workDate'],
    ['has no day', { workDate: null }, 'attendanceRecordId'],
    ['is of no record', { workDate: null, attendanceRecordId: randomUUID() }, 'attendanceRecordId'],
    ['is of nobody', { employeeId: randomUUID() }, 'employeeId'],
    ['has no reason', { reason: ' ' }, 'reason'],
    [
      'overlaps with another record',
      { workDate: '2026-01-07', clockedInAt: '2026-01-07T08:59:00Z', clockedOutAt: '2026-01-07T11:00:00Z' },
      'clockedInAt',
    ],
    [
      'is from before the employment',
      { workDate: '2019-12-30', clockedInAt: '2019-12-30T00:00:00Z', clockedOutAt: '2019-12-30T09:00:00Z' },
      'clockedInAt',
    ],
  ])('is refused when it %s', async (_what, more, field) => {
    const person = await addEmployee();
    await addRecord(person.employeeId, '2026-01-07');
    expect(fieldsOf(await request(person, { workDate: '2026-01-05', ...corrected, ...more }))).toEqual(
      at('input', field),
    );
  });

  it('that ends when it begins is told that the end has to be later', async () => {
    const time = { clockedInAt: '2026-01-05T00:30:00Z', clockedOutAt: '2026-01-05T00:30:00Z' };
    expect(fieldsOf(await request(await addEmployee(), { workDate: '2026-01-05', ...time }))).toMatchObject([
      { message: 'The end has to be after the start.' },
    ]);
  });

  it('is decided by a head, or with the permission, and never by oneself', async () => {
    const head = await addEmployee();
    const above = await addRow(acme.db, 'Department', { headId: head.id });
    const departmentId = await addRow(acme.db, 'Department', { parentId: above });
    const [person, colleague] = [await addEmployee({ departmentId }), await addEmployee({ departmentId })];
    const asked = async (whose: Token) => {
      const { data } = await request(whose, { workDate: '2026-01-05', ...corrected });
      return String(data.done.id);
    };
    const id = await asked(person);
    expect((await decide('approve', person, id)).codes).toEqual(['FORBIDDEN']);
    expect((await decide('approve', colleague, id)).codes).toEqual(['NOT_FOUND']);
    const reader = await addScopedPerson(fleet, acme, { 'attendance:read': 'ALL' });
    expect((await decide('approve', reader, id)).codes).toEqual(['FORBIDDEN']);
    const waiting = async ({ token }: Token) =>
      (await fleet.graphql('{ attendanceCorrections(status: PENDING) { id } }', { token })).data
        .attendanceCorrections;
    expect(await waiting(head)).toEqual([{ id }]);
    expect(await waiting(colleague)).toEqual([]);
    expect((await decide('approve', head, id)).errors).toEqual([]);
    const approver = await addScopedPerson(fleet, acme, { 'attendance:approve': 'ALL' });
    expect((await decide('approve', approver, await asked(colleague))).errors).toEqual([]);
    await acme.db.employee.update({ where: { id: head.employeeId }, data: { departmentId } });
    expect((await decide('approve', head, await asked(head))).codes).toEqual(['FORBIDDEN']);
  });
});

describe('a setting that the program reads', () => {
  it.each([
    ['timezone', ['Asia/Nowhere', '', 9, { zone: 'Asia/Seoul' }], 'Europe/Berlin', '시간대'],
    ['work_start', ['9:00', '24:00', 9, '09:00:00'], '08:30', '시각'],
    ['work_hours', ['8', 0, 24.5, -1], 7.5, '시간'],
  ])('%s takes only what it can hold', async (key, wrong, right, word) => {
    for (const value of wrong) {
      const { errors } = await setSetting('acme01', key, value, 'ko');
      expect(errors.flatMap(({ extensions }) => extensions.fields)).toEqual([
        expect.objectContaining({ path: ['value'], message: expect.stringContaining(word) }),
      ]);
    }
    expect((await setSetting('acme01', key, right)).data.setTenantConfig).toEqual({ value: right });
    expect((await setSetting('acme01', key, null)).errors).toEqual([]);
  });
});

describe('the database', () => {
  it('keeps one open record of an employee, and none that ends before it begins', async () => {
    const employeeId = await addRow(acme.db, 'Employee');
    const open = await addRow(acme.db, 'AttendanceRecord', { employeeId });
    await expect(addRow(acme.db, 'AttendanceRecord', { employeeId })).rejects.toMatchObject({
      code: 'P2002',
    });
    await acme.db.attendanceRecord.update({ where: { id: open }, data: { clockedOutAt: new Date() } });
    const deleted = await addRow(acme.db, 'AttendanceRecord', { employeeId });
    await acme.db.attendanceRecord.update({ where: { id: deleted }, data: { deletedAt: new Date() } });
    await addRow(acme.db, 'AttendanceRecord', { employeeId });
    const clockedOutAt = new Date('2025-01-01');
    await expect(addRow(acme.db, 'AttendanceRecord', { clockedOutAt })).rejects.toThrow(
      'attendance_records_clocked_out_at_check',
    );
  });

  it.each(['a record', 'a forgotten day'])('keeps one pending correction of %s', async (what) => {
    const employeeId = await addRow(acme.db, 'Employee');
    const recordId = what === 'a record' ? await addRow(acme.db, 'AttendanceRecord', { employeeId }) : null;
    const day = new Date('2026-01-05');
    const ask = () =>
      acme.db.attendanceCorrection.create({
        data: { employeeId, recordId, workDate: day, clockedInAt: day, reason: 'Forgotten' },
      });
    const { id } = await ask();
    await expect(ask()).rejects.toMatchObject({ code: 'P2002' });
    await acme.db.attendanceCorrection.update({
      where: { id },
      data: { status: 'REJECTED', decidedAt: new Date() },
    });
    await ask();
  });
});
