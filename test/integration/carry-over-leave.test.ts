import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carryOverLeave } from '../../src/modules/leave-entitlements/carry-over.service.ts';
import { auditActorOf } from '../../src/tenancy/operator.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';
import { runScript } from '../support/run-script.ts';

let fleet: TestFleet;
let acme: TestTenant;
let annual: string;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
  annual = (await acme.db.leaveType.findFirstOrThrow({ where: { code: 'ANNUAL' } })).id;
  await acme.db.leaveType.update({ where: { id: annual }, data: { maxCarryOverDays: 5 } });
});
afterAll(() => fleet.close());

const carryOver = () =>
  acme.db.$transaction((transaction) =>
    carryOverLeave(transaction, auditActorOf({ kind: 'script', name: 'clerk' }), 2026),
  );

/** An employee with days of annual leave in 2026, of which some are taken. */
async function addEmployee(days: number, taken: number, more: object = {}) {
  const employeeId = await addRow(acme.db, 'Employee', { hiredOn: new Date('2020-03-01'), ...more });
  const leave = { employeeId, leaveTypeId: annual };
  await addRow(acme.db, 'LeaveEntitlement', { ...leave, year: 2026, days, carriedOverDays: 0 });
  if (taken > 0) {
    await addRow(acme.db, 'LeaveRequest', {
      ...leave,
      days: taken,
      status: 'APPROVED',
      decidedAt: new Date(),
      startsOn: new Date('2026-03-02'),
      endsOn: new Date('2026-03-02'),
    });
  }
  return employeeId;
}

async function nextYear(employeeId: string, leaveTypeId = annual) {
  const found = await acme.db.leaveEntitlement.findMany({
    where: { employeeId, leaveTypeId, year: 2027, deletedAt: null },
  });
  return found.map(({ days, carriedOverDays }) => [days.toFixed(), carriedOverDays.toFixed()]);
}

describe('the turn of the year', () => {
  it('carries over what is left as far as it may, beside the days of the law, and no more when run again', async () => {
    const [some, many, none] = [
      await addEmployee(15, 12.5),
      await addEmployee(15, 2),
      await addEmployee(15, 15),
    ];
    const gone = await addEmployee(15, 0, { leftOn: new Date('2026-12-31') });
    const overridden = await addEmployee(15, 0);
    await addRow(acme.db, 'LeaveEntitlement', {
      employeeId: overridden,
      leaveTypeId: annual,
      year: 2027,
      days: 30,
      carriedOverDays: 1,
      isOverridden: true,
    });
    expect(await carryOver()).toEqual({ added: 3, changed: 0 });
    for (let run = 0; run < 2; run++) {
      // Seven years after they were hired.
      expect(await nextYear(some)).toEqual([['18', '2.5']]);
      expect(await nextYear(many)).toEqual([['18', '5']]);
      expect(await nextYear(none)).toEqual([['18', '0']]);
      expect(await nextYear(gone)).toEqual([]);
      expect(await nextYear(overridden)).toEqual([['30', '1']]);
      expect(await carryOver()).toEqual({ added: 0, changed: 0 });
    }
    const records = await acme.db.auditRecord.count({ where: { action: 'leaveEntitlement.create' } });
    expect(records).toBe(3);
  });

  it('is done once when two do it at once', async () => {
    const employeeId = await addEmployee(10, 8);
    const reports = await Promise.all([carryOver(), carryOver()]);
    expect(reports.map(({ added }) => added).sort()).toEqual([0, 1]);
    expect(await nextYear(employeeId)).toEqual([['18', '2']]);
  });

  it('does not undo what others have set or added at the same time', async () => {
    const [added, set] = [await addEmployee(15, 0), await addEmployee(15, 0)];
    await carryOver();
    await acme.db.leaveEntitlement.deleteMany({ where: { employeeId: added, year: 2027 } });
    await acme.db.leaveEntitlement.updateMany({ where: { employeeId: set, year: 2026 }, data: { days: 3 } });
    let running: ReturnType<typeof carryOver> | undefined;
    await acme.db.$transaction(async (transaction) => {
      await transaction.leaveEntitlement.create({
        data: { employeeId: added, leaveTypeId: annual, year: 2027, days: 18 },
      });
      await transaction.leaveEntitlement.updateMany({
        where: { employeeId: set, year: 2027 },
        data: { days: 30, carriedOverDays: 0, isOverridden: true },
      });
      running = carryOver();
      running.catch(() => undefined);
      await delay(1000);
    });
    expect(await running).toEqual({ added: 0, changed: 1 });
    expect(await nextYear(added)).toEqual([['18', '5']]);
    expect(await nextYear(set)).toEqual([['30', '0']]);
  });

  it('leaves the days of other leave as they are, and carries nothing over once all is taken', async () => {
    const leaveTypeId = await addRow(acme.db, 'LeaveType');
    const [some, none] = [await addEmployee(15, 0), await addEmployee(15, 0)];
    const leave = { leaveTypeId, carriedOverDays: 0 };
    for (const employeeId of [some, none]) {
      await addRow(acme.db, 'LeaveEntitlement', { ...leave, employeeId, year: 2026, days: 5 });
    }
    await addRow(acme.db, 'LeaveEntitlement', { ...leave, employeeId: some, year: 2027, days: 7 });
    await carryOver();
    expect(await nextYear(some, leaveTypeId)).toEqual([['7', '5']]);
    expect(await nextYear(none, leaveTypeId)).toEqual([['0', '5']]);
    const day = new Date('2026-12-07');
    for (const employeeId of [some, none]) {
      await addRow(acme.db, 'LeaveRequest', { employeeId, leaveTypeId, days: 5, startsOn: day, endsOn: day });
    }
    await carryOver();
    expect(await nextYear(some, leaveTypeId)).toEqual([['7', '0']]);
    expect(await nextYear(none, leaveTypeId)).toEqual([['0', '0']]);
  });

  it('carries over no more than an entitlement can hold', async () => {
    const leaveTypeId = await addRow(acme.db, 'LeaveType', { maxCarryOverDays: null });
    const employeeId = await addEmployee(15, 0);
    const most = { days: 9999.5, carriedOverDays: 9999.5 };
    await addRow(acme.db, 'LeaveEntitlement', { employeeId, leaveTypeId, year: 2026, ...most });
    await carryOver();
    expect(await nextYear(employeeId, leaveTypeId)).toEqual([['0', '9999.5']]);
  });

  it('takes what has been taken meanwhile off what it has carried over', async () => {
    const employeeId = await addEmployee(10, 8);
    await carryOver();
    await addRow(acme.db, 'LeaveRequest', {
      employeeId,
      leaveTypeId: annual,
      days: 1,
      startsOn: new Date('2026-12-30'),
      endsOn: new Date('2026-12-30'),
    });
    expect(await carryOver()).toEqual({ added: 0, changed: 1 });
    expect(await nextYear(employeeId)).toEqual([['18', '1']]);
  });
});

describe('the script of the turn of the year', () => {
  it('ends the year that is over in each tenant’s time zone', async () => {
    await fleet.provision('beta02');
    const { accessToken: token } = await fleet.signInManager();
    const { errors } = await fleet.graphql(
      `mutation { setTenantConfig(tenantKey: "beta02", key: "timezone", value: "America/New_York", isPublic: true) {
        value
      } }`,
      { token },
    );
    expect(errors).toEqual([]);
    // In Seoul, the new year is an hour old.
    const clock = `const Clock = Date;
      globalThis.Date = class extends Clock {
        constructor(...given) { super(...(given.length > 0 ? given : ['2026-12-31T16:00:00Z'])); }
      };`;
    const { stdout, stderr } = await runScript('scripts/carry-over-leave.ts', ['--json'], {
      ...fleet.environment,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      failed: 0,
      tenants: [
        { tenantKey: 'acme01', year: 2026 },
        { tenantKey: 'beta02', year: 2025 },
      ],
    });
  });
});
