import { createHash } from 'node:crypto';
import { en, type Faker, Faker as FakerConstructor, ko } from '@faker-js/faker';
import pMap from 'p-map';
import { changesBetween } from '../../src/audit/audit-entry.ts';
import { recordAudit } from '../../src/audit/tenant-audit.ts';
import { generatePassword, hashPassword } from '../../src/auth/password.ts';
import { samplePassword } from '../../src/auth/published-passwords.ts';
import { changeLimits, withIdentityLock } from '../../src/db/identity-lock.ts';
import type { TenantClient, TenantDatabase, TenantTransaction } from '../../src/db/tenant-client.ts';
import { auditActorOf, type Operator, operatorChanges } from '../../src/tenancy/operator.ts';

/** The sample data to write. */
export interface SampleDataOptions {
  readonly users: number;
  /** The same seed writes the same rows with the same ids. */
  readonly seed: number;
  /** The seats of the tenant's plan; users beyond them are inactive. If omitted, seats are not counted. */
  readonly maxUsers?: number | undefined;
  /**
   * Gives each user their own password, valid for one sign-in within 72 hours. Otherwise everybody has
   * {@link samplePassword}.
   */
  readonly ownPasswords?: boolean | undefined;
  /** Named in the tenant's audit log; if omitted, nothing is recorded. */
  readonly operator?: Operator | undefined;
  /** Receives the added users once they are committed. */
  readonly onUsers?: ((users: readonly SampleUser[]) => void) | undefined;
}

/** An added user. */
export interface SampleUser {
  readonly username: string;
  readonly isActive: boolean;
  readonly password: string;
}

/** The numbers of added rows; rows that were there already are left as they are. */
export interface SampleDataReport {
  readonly departments: number;
  readonly branches: number;
  readonly roles: number;
  readonly users: number;
}

const departments = [
  { code: 'MGMT', name: 'Management', parent: null },
  { code: 'SALES', name: 'Sales', parent: 'MGMT' },
  { code: 'SALES-KR', name: 'Sales Korea', parent: 'SALES' },
  { code: 'SALES-INT', name: 'Sales International', parent: 'SALES' },
  { code: 'DEV', name: 'Development', parent: 'MGMT' },
  { code: 'OPS', name: 'Operations', parent: 'MGMT' },
] as const;

const branches = [
  { code: 'SEOUL', name: 'Seoul Head Office', address: '152 Teheran-ro, Gangnam-gu, Seoul' },
  { code: 'BUSAN', name: 'Busan Branch', address: '55 Centum jungang-ro, Haeundae-gu, Busan' },
] as const;

const roles = [
  { code: 'team_lead', name: 'Team lead', permissions: ['users:read', 'users:write', 'departments:read'] },
  {
    code: 'auditor',
    name: 'Auditor',
    permissions: ['users:read', 'roles:read', 'departments:read', 'branches:read'],
  },
] as const;

/** People whom examples and tests look for. */
const namedUsers = ['John Smith', 'Johnny Park', 'Elton Johnson', 'Kim Minjun', 'Lee Seoyeon'];

/** The moment when the first sample user was created; the others follow a minute apart. */
const firstCreatedAt = Date.UTC(2026, 0, 1, 9);

/** The time for which a sample user's own password waits for its one sign-in. */
const ownPasswordHours = 72;

/** Writing many rows takes longer than changing one person. */
const writingLimits = { ...changeLimits, timeout: 60_000 };

/** Writes departments, branches, roles and users into a tenant's database. */
export async function writeSampleData(
  db: TenantClient,
  options: SampleDataOptions,
): Promise<SampleDataReport> {
  const { seed, operator, onUsers = () => {} } = options;
  const id = (kind: string, name: string) => deterministicUuid(`${seed}:${kind}:${name}`);
  const userIds = Array.from({ length: options.users }, (_, index) => id('user', String(index)));
  // Before the transaction, since hashing takes its time.
  const passwords = await makePasswords(db, userIds, options.ownPasswords === true);
  let added: readonly SampleUser[] = [];
  const report = await withIdentityLock(
    db,
    async (transaction) => {
      const places = await writePlaces(transaction, id);
      const people = makePeople(options, userIds, places);
      added = await addPeople(transaction, people, passwords, options.maxUsers);
      const { departments: newDepartments, branches: newBranches, roles: newRoles } = places.added;
      const counts = {
        departments: newDepartments,
        branches: newBranches,
        roles: newRoles,
        users: added.length,
      };
      if (operator && Object.values(counts).some((count) => count > 0)) {
        await recordAudit(transaction, auditActorOf(operator), {
          action: 'tenant.seed_sample_data',
          entityType: 'Tenant',
          entityId: null,
          changes: { ...changesBetween(null, counts), ...operatorChanges(operator) },
        });
      }
      return counts;
    },
    writingLimits,
  );
  onUsers(added);
  return report;
}

/** The number of users who can still be activated. To be called while nobody else can add any. */
export async function freeSeats(db: TenantDatabase, maxUsers: number): Promise<number> {
  return Math.max(0, maxUsers - (await db.user.count({ where: { isActive: true, deletedAt: null } })));
}

/** A password and the columns that are stored for it. */
interface SamplePassword {
  readonly password: string;
  readonly columns: {
    readonly passwordHash: string;
    readonly mustChangePassword: boolean;
    readonly passwordExpiresAt: Date | null;
  };
}

/** Prepares the passwords of those users who don't exist yet, by id. */
async function makePasswords(
  db: TenantDatabase,
  userIds: readonly string[],
  own: boolean,
): Promise<ReadonlyMap<string, SamplePassword>> {
  const found = await db.user.findMany({ where: { id: { in: [...userIds] } }, select: { id: true } });
  const known = new Set(found.map(({ id }) => id));
  const missing = userIds.filter((id) => !known.has(id));
  if (!own) {
    const passwordHash = await hashPassword(samplePassword);
    const columns = { passwordHash, mustChangePassword: false, passwordExpiresAt: null };
    return new Map(missing.map((id) => [id, { password: samplePassword, columns }]));
  }
  const passwordExpiresAt = new Date(Date.now() + ownPasswordHours * 3_600_000);
  const made = await pMap(
    missing,
    async (id) => {
      const password = generatePassword();
      const passwordHash = await hashPassword(password);
      return [
        id,
        { password, columns: { passwordHash, mustChangePassword: true, passwordExpiresAt } },
      ] as const;
    },
    // Each hash takes 19 MiB.
    { concurrency: 4 },
  );
  return new Map(made);
}

/** The departments, branches and roles for sample users. */
interface Places {
  readonly added: Omit<SampleDataReport, 'users'>;
  readonly departmentIds: readonly string[];
  readonly branchIds: readonly string[];
  readonly roleIds: readonly string[];
}

async function writePlaces(
  transaction: TenantTransaction,
  id: (kind: string, name: string) => string,
): Promise<Places> {
  const addedDepartments = await transaction.department.createMany({
    data: departments.map(({ code, name }) => ({ id: id('department', code), code, name })),
    skipDuplicates: true,
  });
  const departmentIds = new Map(
    (
      await transaction.department.findMany({ where: { deletedAt: null }, select: { id: true, code: true } })
    ).map((department) => [department.code, department.id]),
  );
  for (const { code, parent } of departments) {
    if (parent === null) continue;
    await transaction.department.updateMany({
      where: { code, deletedAt: null, parentId: null },
      data: { parentId: departmentIds.get(parent) ?? null },
    });
  }

  const addedBranches = await transaction.branch.createMany({
    data: branches.map((branch) => ({ id: id('branch', branch.code), ...branch })),
    skipDuplicates: true,
  });
  const branchRows = await transaction.branch.findMany({
    where: { deletedAt: null },
    select: { id: true },
    orderBy: { code: 'asc' },
  });

  const addedRoles = await transaction.role.createMany({
    data: roles.map(({ code, name }) => ({ id: id('role', code), code, name })),
    skipDuplicates: true,
  });
  for (const { code, permissions } of roles) {
    const { id: roleId } = await transaction.role.findFirstOrThrow({ where: { code, deletedAt: null } });
    const granted = await transaction.permission.findMany({ where: { code: { in: [...permissions] } } });
    await transaction.rolePermission.createMany({
      data: granted.map((permission) => ({ roleId, permissionId: permission.id })),
      skipDuplicates: true,
    });
  }
  const roleRows = await transaction.role.findMany({
    where: { code: { in: ['tenant_user', 'team_lead', 'auditor'] }, deletedAt: null },
    select: { id: true },
    orderBy: { code: 'asc' },
  });
  return {
    added: {
      departments: addedDepartments.count,
      branches: addedBranches.count,
      roles: addedRoles.count,
    },
    departmentIds: departments.flatMap(({ code }) => departmentIds.get(code) ?? []),
    branchIds: branchRows.map((branch) => branch.id),
    roleIds: roleRows.map((role) => role.id),
  };
}

/** Generates the users of a seed, the same each time. */
function makePeople({ seed }: SampleDataOptions, userIds: readonly string[], places: Places) {
  const faker: Faker = new FakerConstructor({ locale: [en, ko], seed });
  return userIds.map((id, index) => {
    const fullName = namedUsers[index] ?? faker.person.fullName();
    const username = `${fullName
      .toLowerCase()
      .replace(/[^a-z]+/g, '.')
      .replace(/^\.|\.$/g, '')}.${index + 1}`;
    const createdAt = new Date(firstCreatedAt + index * 60_000);
    return {
      id,
      username,
      email: `${username}@example.com`,
      fullName,
      phone:
        faker.helpers.maybe(() =>
          faker.string.numeric({ length: 8, allowLeadingZeros: false }).replace(/^/, '010-'),
        ) ?? null,
      position: faker.person.jobTitle(),
      departmentId: faker.helpers.arrayElement(places.departmentIds),
      branchId: faker.helpers.arrayElement(places.branchIds),
      roleId: faker.helpers.arrayElement(places.roleIds),
      isActive: faker.datatype.boolean(0.9),
      createdAt,
      updatedAt: createdAt,
    };
  });
}

/** Adds the users that have a password; those without a seat are inactive. @returns the added users. */
async function addPeople(
  transaction: TenantTransaction,
  people: ReturnType<typeof makePeople>,
  passwords: ReadonlyMap<string, SamplePassword>,
  maxUsers: number | undefined,
): Promise<SampleUser[]> {
  let free = maxUsers === undefined ? Number.POSITIVE_INFINITY : await freeSeats(transaction, maxUsers);
  const rows = people.flatMap((person) => {
    const columns = passwords.get(person.id)?.columns;
    if (!columns) return [];
    const isActive = person.isActive && free > 0;
    if (isActive) free--;
    return [{ ...person, ...columns, isActive }];
  });
  const added = await transaction.user.createManyAndReturn({
    data: rows,
    skipDuplicates: true,
    select: { id: true, username: true, isActive: true },
  });
  return added.map(({ id, username, isActive }) => ({
    username,
    isActive,
    password: passwords.get(id)?.password ?? '',
  }));
}

/** A version 8 UUID (RFC 9562: for values of one's own making) derived from `name`. */
function deterministicUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
