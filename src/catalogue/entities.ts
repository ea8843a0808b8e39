import type { Prisma } from '../generated/tenant/client.ts';

/**
 * The entities of a tenant: what its people keep, by their names in GraphQL, in Prisma's client and in permissions. A
 * new one starts with a line here; its permissions, the type of its global ids and the list of entities that need tests
 * follow from it. `owners` are the columns which name the users whose row it is; the permissions of an entity that has
 * them carry row scopes (see src/auth/row-scopes.ts). `list` is the name of its list, if that is not the resource:
 * entities that are managed together share one. `actions` are permissions of the resource besides reading, writing and
 * deleting. Of `headed` ones, the head of a department reads those of its people, whatever scope they hold.
 * deleting. Where the owner `isPerson`, the row is about them: nobody else becomes it by creating or restoring the row.
 */
export const entities = [
  { name: 'User', model: 'user', resource: 'users' },
  { name: 'Role', model: 'role', resource: 'roles' },
  { name: 'Department', model: 'department', resource: 'departments' },
  { name: 'Branch', model: 'branch', resource: 'branches' },
  { name: 'Pipeline', model: 'pipeline', resource: 'pipelines' },
  { name: 'Stage', model: 'stage', resource: 'pipelines', list: 'stages' },
  { name: 'Customer', model: 'customer', resource: 'customers', owners: ['ownerId'] },
  { name: 'Contact', model: 'contact', resource: 'contacts', owners: ['ownerId'] },
  { name: 'Deal', model: 'deal', resource: 'deals', owners: ['ownerId'], actions: ['reopen'] },
  { name: 'Activity', model: 'activity', resource: 'activities', owners: ['assigneeId'] },
  {
    name: 'Employee',
    model: 'employee',
    resource: 'employees',
    owners: ['userId'],
    headed: true,
    isPerson: true,
    actions: ['sensitive'],
  },
  {
    name: 'Assignment',
    model: 'assignment',
    resource: 'employees',
    list: 'assignments',
    owners: ['userId'],
    headed: true,
  },
  { name: 'LeaveType', model: 'leaveType', resource: 'leaveTypes' },
  {
    name: 'LeaveEntitlement',
    model: 'leaveEntitlement',
    resource: 'leaveEntitlements',
    owners: ['userId'],
    headed: true,
  },
  {
    name: 'LeaveRequest',
    model: 'leaveRequest',
    resource: 'leave',
    list: 'leaveRequests',
    owners: ['userId'],
    headed: true,
    actions: ['approve'],
  },
  {
    name: 'AttendanceRecord',
    model: 'attendanceRecord',
    resource: 'attendance',
    list: 'attendanceRecords',
    owners: ['userId'],
    headed: true,
    actions: ['approve'],
  },
  { name: 'Holiday', model: 'holiday', resource: 'holidays' },
  { name: 'Asset', model: 'asset', resource: 'assets', owners: ['holderId'] },
] as const satisfies readonly Entity[];

/** An entity by its Prisma model, whose columns its owners are. */
type Entity = {
  readonly [Name in Prisma.ModelName]: {
    readonly name: Name;
    readonly model: Uncapitalize<Name>;
    readonly resource: string;
    readonly owners?: readonly (keyof Prisma.TypeMap['model'][Name]['payload']['scalars'])[];
    readonly headed?: true;
    readonly isPerson?: boolean;
    readonly list?: string;
    readonly actions?: readonly string[];
  };
}[Prisma.ModelName];

/** The name of an entity. */
export type EntityName = (typeof entities)[number]['name'];

type Line = (typeof entities)[number];

/** What permissions are about: an entity in the plural, or several entities that are managed together. */
export type Resource = Line['resource'];

/** The name of an entity's list. */
export type ListName = Line extends infer Each
  ? Each extends { readonly list: infer List extends string }
    ? List
    : Each extends Line
      ? Each['resource']
      : never
  : never;

/** A permission besides those to read, write and delete, e.g. `deals:reopen`. */
export type FurtherPermission = Line extends infer Each
  ? Each extends {
      readonly resource: infer Of extends string;
      readonly actions: readonly (infer Action extends string)[];
    }
    ? `${Of}:${Action}`
    : never
  : never;

const lines: readonly Entity[] = entities;

/** An entity's line. */
export function entityOf(name: EntityName): Line {
  const found = entities.find((entity) => entity.name === name);
  if (!found) throw new Error(`The catalogue has no entity ${name}.`);
  return found;
}

/** The columns that name the users whose row it is; none when its rows have no owners. */
export function ownersOf(name: EntityName): readonly string[] {
  return lineOf(name).owners ?? [];
}

/** Whether an entity's rows are about their owners, and never become anybody else's on their own. */
export function isAboutOwner(name: EntityName): boolean {
  return lineOf(name).isPerson ?? false;
}

/** The name of an entity's list in GraphQL, e.g. `assets`. */
export function listOf(name: EntityName): ListName {
  const { list, resource } = lineOf(name);
  return (list ?? resource) as ListName;
}

/** The resources, each once. */
export const resources: readonly Resource[] = [...new Set(entities.map(({ resource }) => resource))];

/** The permissions besides those to read, write and delete. */
export const furtherPermissions = lines.flatMap(({ resource, actions = [] }) =>
  actions.map((action) => `${resource}:${action}` as FurtherPermission),
);

function lineOf(name: EntityName): Entity {
  const found = lines.find((line) => line.name === name);
  if (!found) throw new Error(`The catalogue has no entity ${name}.`);
  return found;
}
