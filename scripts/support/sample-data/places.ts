import type { PermissionCode } from '../../../src/auth/permissions.ts';
import type { RowScope } from '../../../src/auth/row-scopes.ts';
import type { TenantTransaction } from '../../../src/db/tenant-client.ts';
import type { BranchCode, DepartmentCode, RoleCode } from './sample-locale.ts';
import type { SampleSource } from './sample-source.ts';

const departments: readonly { readonly code: DepartmentCode; readonly parent: DepartmentCode | null }[] = [
  { code: 'MGMT', parent: null },
  { code: 'SALES', parent: 'MGMT' },
  { code: 'SALES-KR', parent: 'SALES' },
  { code: 'SALES-INT', parent: 'SALES' },
  { code: 'DEV', parent: 'MGMT' },
  { code: 'OPS', parent: 'MGMT' },
];

const branches: readonly BranchCode[] = ['SEOUL', 'BUSAN'];

const everywhere = { 'users:read': 'ALL', 'departments:read': 'ALL', 'branches:read': 'ALL' } as const;
const ownTime = {
  'employees:read': 'OWN',
  'leaveTypes:read': 'ALL',
  'leaveEntitlements:read': 'OWN',
  'leave:read': 'OWN',
  'leave:write': 'OWN',
  'holidays:read': 'ALL',
  'attendance:read': 'OWN',
  'attendance:write': 'OWN',
} as const;

/** The rows for which each role is granted what. */
const roles: Readonly<Record<RoleCode, Partial<Record<PermissionCode, RowScope>>>> = {
  team_lead: {
    ...everywhere,
    ...ownTime,
    'users:write': 'ALL',
    'customers:read': 'DEPARTMENT',
    'contacts:read': 'DEPARTMENT',
    'deals:read': 'DEPARTMENT',
    'pipelines:read': 'ALL',
    'activities:read': 'DEPARTMENT',
  },
  auditor: { ...everywhere, 'roles:read': 'ALL' },
  sales: {
    ...everywhere,
    ...ownTime,
    'customers:read': 'ALL',
    'customers:write': 'OWN',
    'contacts:read': 'ALL',
    'contacts:write': 'OWN',
    'deals:read': 'DEPARTMENT',
    'deals:write': 'OWN',
    'pipelines:read': 'ALL',
    'activities:read': 'DEPARTMENT',
    'activities:write': 'OWN',
  },
  personnel: {
    ...everywhere,
    'employees:read': 'ALL',
    'employees:write': 'ALL',
    'leaveTypes:read': 'ALL',
    'leaveEntitlements:read': 'ALL',
    'leaveEntitlements:write': 'ALL',
    'leave:read': 'ALL',
    'leave:approve': 'ALL',
    'holidays:read': 'ALL',
    'holidays:write': 'ALL',
    'attendance:read': 'ALL',
    'attendance:write': 'ALL',
  },
};

const roleCodes: readonly RoleCode[] = ['team_lead', 'auditor', 'sales', 'personnel'];

/** The departments, branches and roles for sample users. */
export interface Places {
  readonly added: { readonly departments: number; readonly branches: number; readonly roles: number };
  readonly departments: readonly { readonly id: string; readonly code: DepartmentCode }[];
  /** The departments that were not there before. */
  readonly newDepartmentIds: readonly string[];
  readonly branchIds: readonly string[];
  readonly roles: ReadonlyMap<string, string>;
}

export async function addPlaces(transaction: TenantTransaction, source: SampleSource): Promise<Places> {
  const { added: newDepartments, found: foundDepartments } = await addDepartments(transaction, source);
  const { count: newBranches } = await transaction.branch.createMany({
    data: branches.map((code) => ({ id: source.id('branch', code), code, ...source.texts.branches[code] })),
    skipDuplicates: true,
  });
  const branchRows = await transaction.branch.findMany({
    where: { deletedAt: null },
    select: { id: true },
    orderBy: { code: 'asc' },
  });
  const newRoles = await addRoles(transaction, source);
  const roleRows = await transaction.role.findMany({
    where: { code: { in: ['tenant_user', ...roleCodes] }, deletedAt: null },
    select: { id: true, code: true },
  });
  return {
    added: { departments: newDepartments.length, branches: newBranches, roles: newRoles },
    departments: foundDepartments,
    newDepartmentIds: newDepartments,
    branchIds: branchRows.map(({ id }) => id),
    roles: new Map(roleRows.map(({ id, code }) => [code, id])),
  };
}

async function addDepartments(transaction: TenantTransaction, { id, texts }: SampleSource) {
  const added = await transaction.department.createManyAndReturn({
    data: departments.map(({ code }) => ({
      id: id('department', code),
      code,
      name: texts.departments[code],
    })),
    skipDuplicates: true,
    select: { id: true },
  });
  const rows = await transaction.department.findMany({
    where: { deletedAt: null },
    select: { id: true, code: true },
  });
  const idOf = new Map(rows.map((row) => [row.code, row.id]));
  const newIds = added.map((row) => row.id);
  for (const { code, parent } of departments) {
    const departmentId = idOf.get(code);
    if (parent === null || departmentId === undefined || !newIds.includes(departmentId)) continue;
    await transaction.department.update({
      where: { id: departmentId },
      data: { parentId: idOf.get(parent) ?? null },
    });
  }
  const found = departments.flatMap(({ code }) => {
    const departmentId = idOf.get(code);
    return departmentId === undefined ? [] : [{ id: departmentId, code }];
  });
  return { added: newIds, found };
}

/** @returns how many roles were not there before. */
async function addRoles(transaction: TenantTransaction, { id, texts }: SampleSource): Promise<number> {
  const added = await transaction.role.createManyAndReturn({
    data: roleCodes.map((code) => ({ id: id('role', code), code, name: texts.roles[code] })),
    skipDuplicates: true,
    select: { id: true },
  });
  const newIds = new Set(added.map((role) => role.id));
  const permissions = await transaction.permission.findMany({ where: { deletedAt: null } });
  await transaction.rolePermission.createMany({
    data: roleCodes.flatMap((code) => {
      const roleId = id('role', code);
      // What somebody has made of a role that is there stays so.
      if (!newIds.has(roleId)) return [];
      const scopes = new Map<string, RowScope>(Object.entries(roles[code]));
      return permissions.flatMap((permission) => {
        const scope = scopes.get(permission.code);
        return scope === undefined ? [] : [{ roleId, permissionId: permission.id, scope }];
      });
    }),
  });
  return added.length;
}

/** Appoints the first active person of each of these departments as its head. */
export async function addHeads(
  transaction: TenantTransaction,
  departmentIds: readonly string[],
  people: readonly {
    readonly id: string;
    readonly departmentId: string | null;
    readonly isActive: boolean;
  }[],
): Promise<void> {
  for (const id of departmentIds) {
    const head = people.find(({ departmentId, isActive }) => departmentId === id && isActive);
    if (head) await transaction.department.update({ where: { id }, data: { headId: head.id } });
  }
}
