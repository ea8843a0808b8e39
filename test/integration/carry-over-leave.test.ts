import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carryOverLeave } from '../../src/modules/leave-entitlements/carry-over.service.ts';
import { auditActorOf } from '../../src/tenancy/operator.ts';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

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

async function nextYear(employeeId: string) {
  const found = await acme.db.leaveEntitlement.findMany({
    where: { employeeId, year: 2027, deletedAt: null },
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
