import { randomUUID } from 'node:crypto';
import { type EntityName, type entities, entityOf } from '../../src/catalogue/entities.ts';
import { delegateOf } from '../../src/entities/references.ts';
import { addRow, testedEntities } from '../entities/entity-table.ts';
import type { TestFleet, TestTenant } from '../support/fleet.ts';
import { openSession } from '../support/sessions.ts';
import { createPlatformRows, type PlatformRows } from './platform-rows.ts';

/** The rows that requests ask for. None of them has empty fields, because an empty field's outcome is unknown. */
export interface Rows extends Readonly<Record<(typeof entities)[number]['model'], string>> {
  /** The author of all rows. */
  readonly author: string;
  /** A user with a department, a branch and a role with permissions. */
  readonly user: string;
  /** A user with a session but no permissions, whom every viewer who may manage users may manage. */
  readonly subordinate: string;
  /** A role with permissions, some of which have a row scope. */
  readonly role: string;
  /** A department with a parent and a child. */
  readonly department: string;
  readonly branch: string;
  readonly auditRecord: string;
  /** The rows of the central database. */
  readonly platform: PlatformRows;
  /** A customer's name and telephone number. */
  twin(): Promise<object>;
  /** Creates a customer who was merged into another. */
  mergedCustomer(): Promise<string>;
  /** Creates an employee who is at work. */
  employeeAtWork(): Promise<string>;
  /** Creates a correction of an attendance record, to be decided. */
  correction(): Promise<string>;
  /** Creates a row to be used up by one request; a user gets a session with the same id. */
  spare(type: EntityName, state?: 'live' | 'deleted'): Promise<string>;
}

/** Creates rows in a tenant and in the central database. */
export async function createRows(fleet: TestFleet, tenant: TestTenant): Promise<Rows> {
  const { db } = tenant;
  const author = randomUUID();
  const user = randomUUID();
  const subordinate = randomUUID();
  const role = randomUUID();
  const department = randomUUID();
  const branch = randomUUID();
  const auditRecord = randomUUID();
  const written = { createdBy: author, updatedBy: author };
  const coded = (id: string) => ({ id, code: `code-${id}`, name: 'Name', ...written });
  const person = (id: string) => ({
    id,
    username: `user-${id}`,
    email: `${id}@example.com`,
    fullName: 'Name',
    passwordHash: 'none',
    ...written,
  });

  await db.user.create({ data: person(author) });
  const above = randomUUID();
  await db.department.create({ data: coded(above) });
  await db.department.create({ data: { ...coded(department), parentId: above } });
  await db.department.create({ data: { ...coded(randomUUID()), parentId: department } });
  await db.branch.create({ data: coded(branch) });
  const permissions = await db.permission.findMany({
    where: { code: { in: ['users:read', 'assets:read'] } },
  });
  await db.role.create({
    data: {
      ...coded(role),
      rolePermissions: { create: permissions.map(({ id }) => ({ permissionId: id })) },
    },
  });
  await db.role.updateMany({ data: written });
  await db.user.create({
    data: { ...person(user), departmentId: department, branchId: branch, roleId: role },
  });
  await db.department.update({ where: { id: department }, data: { headId: user } });
  const rows: Record<string, string> = { user, role, department, branch };
  const others = testedEntities.filter(({ model }) => rows[model] === undefined);
  for (const { name, model } of others) rows[model] = await addRow(db, name, written);
  // Only now, as they may refer to each other. Nobody is their own manager.
  const manager = await addRow(db, 'Employee', written);
  for (const { name, model, references } of others) {
    const referring = Object.entries(references).map(([field, to]) => [
      field,
      field === 'managerId' ? manager : rows[entityOf(to).model],
    ]);
    await delegateOf(db, name).update({
      where: { id: rows[model] ?? '' },
      data: Object.fromEntries(referring),
    });
  }
  const { deal = '', stage = '' } = rows;
  await db.dealMove.create({
    data: { dealId: deal, fromStageId: stage, toStageId: stage, movedBy: author, reason: 'Reason' },
  });
  // Won, so that a summary has a month.
  await db.stage.update({ where: { id: stage }, data: { outcome: 'WON' } });
  await db.deal.update({ where: { id: deal }, data: { closedAt: new Date() } });
  await db.user.create({ data: person(subordinate) });
  await openSession(db, subordinate);
  await db.auditRecord.create({
    data: {
      id: auditRecord,
      action: 'user.update',
      entityType: 'User',
      entityId: user,
      userId: author,
      changes: { position: { before: null, after: 'Head' } },
    },
  });

  const correction = async (recordId: string | null = null) => {
    const { id } = await db.attendanceCorrection.create({
      data: {
        employeeId: await addRow(db, 'Employee', written),
        recordId,
        workDate: new Date('2026-03-11'),
        clockedInAt: new Date('2026-03-11T00:00:00Z'),
        clockedOutAt: new Date('2026-03-11T09:00:00Z'),
        reason: 'Forgotten',
      },
    });
    return id;
  };
  await correction(rows.attendanceRecord);

  return {
    author,
    subordinate,
    ...(rows as Record<(typeof entities)[number]['model'], string>),
    auditRecord,
    platform: await createPlatformRows(fleet, tenant),
    async twin() {
      const twin = { name: `Twin ${randomUUID()}`, phone: '02-123-4567' };
      await addRow(db, 'Customer', { ...written, ...twin });
      return twin;
    },
    mergedCustomer: async () =>
      addRow(db, 'Customer', {
        ...written,
        deletedAt: new Date(),
        mergedIntoId: await addRow(db, 'Customer', written),
      }),
    async employeeAtWork() {
      const employeeId = await addRow(db, 'Employee', written);
      await addRow(db, 'AttendanceRecord', { ...written, employeeId, clockedInAt: new Date() });
      return employeeId;
    },
    correction: () => correction(),
    async spare(type, state = 'live') {
      const id = await addRow(db, type, {
        ...written,
        deletedAt: state === 'deleted' ? new Date() : null,
      });
      if (type === 'User') await openSession(db, id);
      return id;
    },
  };
}
