import type { Temporal } from 'temporal-polyfill';
import { dayToDate } from '../../../src/calendar/days.ts';
import type { Sealer } from '../../../src/db/sealed-columns.ts';
import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import { tables } from '../../../src/generated/tables.ts';
import type { SampleSource } from './sample-source.ts';

/** A user who is to be an employee. */
export interface SampleColleague {
  readonly id: string;
  readonly fullName: string;
  readonly isActive: boolean;
  readonly departmentId: string | null;
  readonly branchId: string | null;
  readonly position: string | null;
}

/** An added employee. */
export interface SampleEmployee {
  readonly id: string;
  readonly userId: string;
  readonly departmentId: string | null;
  readonly isActive: boolean;
  readonly hiredOn: Temporal.PlainDate;
}

/**
 * Adds an employee for each user, with the assignments that they have had.
 * @param sealer for their personal data, which they have none of without it.
 * @returns the added employees.
 */
export async function addEmployees(
  transaction: TenantTransaction,
  source: SampleSource,
  people: readonly SampleColleague[],
  sealer: Sealer | undefined,
): Promise<SampleEmployee[]> {
  const rows = await makeEmployees(source, people, sealer);
  const added = await transaction.employee.createManyAndReturn({
    data: rows.map(({ row }) => row),
    skipDuplicates: true,
    select: { id: true },
  });
  const newIds = new Set(added.map(({ id }) => id));
  const newRows = rows.filter(({ row }) => newIds.has(row.id));
  await transaction.assignment.createMany({ data: newRows.flatMap(({ assignments }) => assignments) });
  return newRows.map(({ row: { id, userId, departmentId }, isActive, hiredOn }) => ({
    id,
    userId,
    departmentId,
    isActive,
    hiredOn,
  }));
}

async function makeEmployees(
  source: SampleSource,
  people: readonly SampleColleague[],
  sealer: Sealer | undefined,
) {
  const { texts, id, prefix, today, faker: fakerOf } = source;
  const faker = fakerOf('employee');
  const made = [];
  for (const [
    index,
    { id: userId, fullName, isActive, departmentId, branchId, position },
  ] of people.entries()) {
    const employeeId = id('employee', userId);
    const served = faker.number.int({ min: 60, max: 3_650 });
    const hiredOn = today.subtract({ days: served });
    const place = { departmentId, branchId, employmentType: 'REGULAR' as const };
    const row = {
      id: employeeId,
      number: `E${prefix}-${String(index + 1).padStart(3, '0')}`,
      name: fullName,
      userId,
      ...place,
      position,
      hiredOn: dayToDate(hiredOn),
      ...(sealer ? await sealPersonalData(source, sealer, employeeId) : {}),
    };
    const assignment = (startsOn: Temporal.PlainDate, then: string | null) => ({
      id: id('assignment', `${employeeId}:${startsOn}`),
      employeeId,
      startsOn: dayToDate(startsOn),
      ...place,
      position: then,
    });
    // Whoever has been here for two years was promoted halfway.
    const assignments =
      served < 730 || position === texts.positions[0]
        ? [assignment(hiredOn, position)]
        : [
            assignment(hiredOn, texts.positions[0] ?? null),
            assignment(hiredOn.add({ days: Math.floor(served / 2) }), position),
          ];
    made.push({ row, assignments, isActive, hiredOn });
  }
  return made;
}

async function sealPersonalData({ texts, faker: fakerOf }: SampleSource, sealer: Sealer, rowId: string) {
  const faker = fakerOf(`personal:${rowId}`);
  const { schema, name } = tables.employee;
  const seal = (column: string, value: string | null) =>
    value === null ? null : sealer.seal({ table: `${schema}.${name}`, column, rowId }, value);
  const birthDate = faker.date
    .birthdate({ mode: 'year', min: 1965, max: 2003 })
    .toISOString()
    .slice(0, 'YYYY-MM-DD'.length);
  const account = `${faker.string.numeric(6)}-${faker.string.numeric(2)}-${faker.string.numeric(6)}`;
  return {
    birthDateSealed: await seal('birthDateSealed', birthDate),
    personalPhoneSealed: await seal('personalPhoneSealed', texts.mobilePhone(faker)),
    homeAddressSealed: await seal('homeAddressSealed', texts.address(faker)),
    bankAccountSealed: await seal(
      'bankAccountSealed',
      `${faker.helpers.arrayElement(texts.banks)} ${account}`,
    ),
    residentNumberSealed: await seal('residentNumberSealed', texts.residentNumber(faker, birthDate)),
  };
}
