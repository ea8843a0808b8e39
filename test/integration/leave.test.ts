import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

const day = (text: string) => new Date(`2026-${text}`);

const request = (employeeId: string, startsOn: string, endsOn: string, more: object = {}) =>
  addRow(acme.db, 'LeaveRequest', { employeeId, startsOn: day(startsOn), endsOn: day(endsOn), ...more });

const morning = { endsAtNoon: true };
const afternoon = { startsAtNoon: true };

describe('two requests for leave of one employee', () => {
  it.each([
    ['on one day', ['03-02', '03-02'], ['03-02', '03-02'], {}],
    ['that share their last and first day', ['03-02', '03-04'], ['03-04', '03-06'], {}],
    ['one of which is within the other', ['03-02', '03-10'], ['03-04', '03-04'], morning],
    ['for a whole day and its afternoon', ['03-02', '03-02'], ['03-02', '03-02'], afternoon],
  ] as const)('can’t both be live: %s', async (_which, one, other, more) => {
    const employeeId = await addRow(acme.db, 'Employee');
    await request(employeeId, one[0], one[1]);
    await expect(request(employeeId, other[0], other[1], more)).rejects.toThrow('leave_requests_overlap');
  });

  it('may meet at noon, and stand on days beside each other', async () => {
    const employeeId = await addRow(acme.db, 'Employee');
    await request(employeeId, '03-01', '03-02', morning);
    await request(employeeId, '03-02', '03-03', afternoon);
    await request(employeeId, '03-04', '03-04');
    expect(await acme.db.leaveRequest.count({ where: { employeeId } })).toBe(3);
  });

  it('may overlap when one was rejected, taken back or deleted', async () => {
    const employeeId = await addRow(acme.db, 'Employee');
    const now = new Date();
    await request(employeeId, '03-02', '03-02', { status: 'REJECTED', decidedAt: now });
    await request(employeeId, '03-02', '03-02', { status: 'CANCELLED', cancelledAt: now });
    await request(employeeId, '03-02', '03-02', { deletedAt: now });
    const approved = await request(employeeId, '03-02', '03-02', { status: 'APPROVED', decidedAt: now });
    await expect(request(employeeId, '03-02', '03-02')).rejects.toThrow('leave_requests_overlap');
    await acme.db.leaveRequest.update({
      where: { id: approved },
      data: { status: 'CANCELLED', cancelledAt: now },
    });
    await request(employeeId, '03-02', '03-02');
  });

  it('of several may overlap', async () => {
    for (let people = 0; people < 2; people++) {
      await request(await addRow(acme.db, 'Employee'), '03-02', '03-06');
    }
  });
});

describe('a request for leave', () => {
  it.each([
    ['ends before it begins', { startsOn: day('03-02'), endsOn: day('03-01') }],
    ['lasts from noon to noon of one day', { startsAtNoon: true, endsAtNoon: true }],
    ['is for no day', { days: 0 }],
    ['is approved without a decision', { status: 'APPROVED' }],
    ['is pending after a decision', { decidedAt: new Date() }],
    ['is cancelled at no time', { status: 'CANCELLED' }],
  ])('is not stored when it %s', async (_what, wrong) => {
    await expect(addRow(acme.db, 'LeaveRequest', wrong)).rejects.toThrow(/leave_requests_\w+_check/);
  });
});
