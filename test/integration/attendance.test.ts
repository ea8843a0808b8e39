import { afterAll, beforeAll, expect, it } from 'vitest';
import { addRow } from '../entities/entity-table.ts';
import { createTestFleet, type TestFleet, type TestTenant } from '../support/fleet.ts';

let fleet: TestFleet;
let acme: TestTenant;

beforeAll(async () => {
  fleet = await createTestFleet();
  acme = await fleet.provision('acme01');
});
afterAll(() => fleet.close());

it('an employee is at work once at a time', async () => {
  const employeeId = await addRow(acme.db, 'Employee');
  const open = await addRow(acme.db, 'AttendanceRecord', { employeeId });
  await expect(addRow(acme.db, 'AttendanceRecord', { employeeId })).rejects.toMatchObject({ code: 'P2002' });
  await acme.db.attendanceRecord.update({ where: { id: open }, data: { clockedOutAt: new Date() } });
  const deleted = await addRow(acme.db, 'AttendanceRecord', { employeeId });
  await acme.db.attendanceRecord.update({ where: { id: deleted }, data: { deletedAt: new Date() } });
  await addRow(acme.db, 'AttendanceRecord', { employeeId });
});

it('an attendance record doesn’t end before it begins', async () => {
  const clockedOutAt = new Date('2025-01-01');
  await expect(addRow(acme.db, 'AttendanceRecord', { clockedOutAt })).rejects.toThrow(
    'attendance_records_clocked_out_at_check',
  );
});

it('a correction that waits for a decision is the record’s only one', async () => {
  const recordId = await addRow(acme.db, 'AttendanceRecord');
  const ask = () =>
    acme.db.attendanceCorrection.create({ data: { recordId, clockedInAt: new Date(), reason: 'Forgotten' } });
  const { id } = await ask();
  await expect(ask()).rejects.toMatchObject({ code: 'P2002' });
  await acme.db.attendanceCorrection.update({
    where: { id },
    data: { status: 'REJECTED', decidedAt: new Date() },
  });
  await ask();
});
