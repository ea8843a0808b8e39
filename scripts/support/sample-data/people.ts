import type { TenantDatabase, TenantTransaction } from '../../../src/db/tenant-client.ts';
import type { SamplePassword } from './passwords.ts';
import type { Places } from './places.ts';
import type { SampleSource } from './sample-source.ts';

/** An added user. */
export interface SamplePerson {
  readonly id: string;
  readonly username: string;
  readonly fullName: string;
  readonly isActive: boolean;
  readonly departmentId: string | null;
  readonly branchId: string | null;
  readonly position: string | null;
  readonly password: string;
}

/** The moment when the first sample user was created; the others follow a minute apart. */
const firstCreatedAt = Date.UTC(2026, 0, 1, 9);

/** The number of users who can still be activated. To be called while nobody else can add any. */
export async function freeSeats(db: TenantDatabase, maxUsers: number): Promise<number> {
  return Math.max(0, maxUsers - (await db.user.count({ where: { isActive: true, deletedAt: null } })));
}

/**
 * Adds the users that have a password; those without a seat are inactive.
 * @param maxUsers the seats of the tenant's plan; undefined for as many as there are users.
 * @returns the added users.
 */
export async function addPeople(
  transaction: TenantTransaction,
  source: SampleSource,
  places: Places,
  userIds: readonly string[],
  passwords: ReadonlyMap<string, SamplePassword>,
  maxUsers: number | undefined,
): Promise<SamplePerson[]> {
  let free = maxUsers === undefined ? Number.POSITIVE_INFINITY : await freeSeats(transaction, maxUsers);
  const rows = makePeople(source, places, userIds).flatMap((person) => {
    const columns = passwords.get(person.id)?.columns;
    if (!columns) return [];
    const isActive = person.isActive && free > 0;
    if (isActive) free--;
    return [{ ...person, ...columns, isActive }];
  });
  const added = await transaction.user.createManyAndReturn({
    data: rows,
    skipDuplicates: true,
    select: {
      id: true,
      username: true,
      fullName: true,
      isActive: true,
      departmentId: true,
      branchId: true,
      position: true,
    },
  });
  return added.map((user) => ({ ...user, password: passwords.get(user.id)?.password ?? '' }));
}

/** Everybody in the sales departments sells. */
const roleOf = (departmentCode: string, others: string) =>
  departmentCode.startsWith('SALES') ? 'sales' : others;

function makePeople({ texts, faker: fakerOf }: SampleSource, places: Places, userIds: readonly string[]) {
  const faker = fakerOf('user');
  return userIds.map((id, index) => {
    const { fullName, latin } = texts.firstPeople[index] ?? texts.name(faker);
    const username = `${latin}.${index + 1}`;
    const department = faker.helpers.arrayElement(places.departments);
    const role = roleOf(
      department.code,
      faker.helpers.arrayElement(['tenant_user', 'team_lead', 'auditor', 'personnel']),
    );
    const createdAt = new Date(firstCreatedAt + index * 60_000);
    return {
      id,
      username,
      email: `${username}@example.com`,
      fullName,
      phone: faker.helpers.maybe(() => texts.mobilePhone(faker)) ?? null,
      position: faker.helpers.arrayElement(texts.positions),
      departmentId: department.id,
      branchId: faker.helpers.arrayElement(places.branchIds),
      roleId: places.roles.get(role) ?? null,
      isActive: faker.datatype.boolean(0.9),
      createdAt,
      updatedAt: createdAt,
    };
  });
}
