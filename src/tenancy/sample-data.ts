import { createHash } from 'node:crypto';
import { en, type Faker, Faker as FakerConstructor, ko } from '@faker-js/faker';
import { hashPassword } from '../auth/password.ts';
import type { TenantClient } from '../db/tenant-client.ts';

/** What sample data to write. */
export interface SampleDataOptions {
  readonly users: number;
  /** The same seed writes the same rows with the same ids. */
  readonly seed: number;
}

/** How many rows were added; rows that were there already are left as they are. */
export interface SampleDataReport {
  readonly departments: number;
  readonly branches: number;
  readonly roles: number;
  readonly users: number;
}

/** The password of every sample user: sample data is for trying things out, not for a real tenant. */
export const samplePassword = 'Password123!';

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

/** Writes departments, branches, roles and users into a tenant's database. */
export async function writeSampleData(
  db: TenantClient,
  options: SampleDataOptions,
): Promise<SampleDataReport> {
  const faker: Faker = new FakerConstructor({ locale: [en, ko], seed: options.seed });
  const id = (kind: string, name: string) => deterministicUuid(`${options.seed}:${kind}:${name}`);
  const passwordHash = await hashPassword(samplePassword);

  return db.$transaction(
    async (transaction) => {
      const addedDepartments = await transaction.department.createMany({
        data: departments.map(({ code, name }) => ({ id: id('department', code), code, name })),
        skipDuplicates: true,
      });
      const departmentIds = new Map(
        (
          await transaction.department.findMany({
            where: { deletedAt: null },
            select: { id: true, code: true },
          })
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
      const branchIds = (
        await transaction.branch.findMany({
          where: { deletedAt: null },
          select: { id: true },
          orderBy: { code: 'asc' },
        })
      ).map((branch) => branch.id);

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
      const roleIds = (
        await transaction.role.findMany({
          where: { code: { in: ['tenant_user', 'team_lead', 'auditor'] }, deletedAt: null },
          select: { id: true },
          orderBy: { code: 'asc' },
        })
      ).map((role) => role.id);

      const allDepartmentIds = departments.flatMap(({ code }) => departmentIds.get(code) ?? []);
      const addedUsers = await transaction.user.createMany({
        data: Array.from({ length: options.users }, (_, index) => {
          const fullName = namedUsers[index] ?? faker.person.fullName();
          const username = `${fullName
            .toLowerCase()
            .replace(/[^a-z]+/g, '.')
            .replace(/^\.|\.$/g, '')}.${index + 1}`;
          const createdAt = new Date(firstCreatedAt + index * 60_000);
          return {
            id: id('user', String(index)),
            username,
            email: `${username}@example.com`,
            passwordHash,
            fullName,
            phone:
              faker.helpers.maybe(() =>
                faker.string.numeric({ length: 8, allowLeadingZeros: false }).replace(/^/, '010-'),
              ) ?? null,
            position: faker.person.jobTitle(),
            departmentId: faker.helpers.arrayElement(allDepartmentIds),
            branchId: faker.helpers.arrayElement(branchIds),
            roleId: faker.helpers.arrayElement(roleIds),
            isActive: faker.datatype.boolean(0.9),
            createdAt,
            updatedAt: createdAt,
          };
        }),
        skipDuplicates: true,
      });
      return {
        departments: addedDepartments.count,
        branches: addedBranches.count,
        roles: addedRoles.count,
        users: addedUsers.count,
      };
    },
    { timeout: 60_000 },
  );
}

/** A version 8 UUID (RFC 9562: for values of one's own making) derived from `name`. */
function deterministicUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
