import type { PermissionCode } from '../auth/permissions.ts';
import { hasPermission, type Viewer, visibleOwners } from '../auth/viewer.ts';
import { type EntityName, entityOf, isAboutOwner, ownersOf } from '../catalogue/entities.ts';
import type { Column } from '../db/rows/table.ts';
import { tables } from '../generated/tables.ts';
import { Prisma } from '../generated/tenant/client.ts';

/** Something that is done to rows. */
export type EntityAction = 'read' | 'write' | 'delete';

/** The users whose rows a viewer may reach with a permission. */
function reachableOwners(
  name: EntityName,
  viewer: Viewer,
  permission: PermissionCode,
): 'everybody' | readonly string[] {
  return ownersOf(name).length === 0 ? 'everybody' : visibleOwners(viewer, permission);
}

function permissionTo(name: EntityName, action: EntityAction): PermissionCode {
  return `${entityOf(name).resource}:${action}`;
}

/**
 * The condition for the rows of an entity that exist for a viewer: the one place where row scopes are enforced. It is a
 * part of every statement that reads, counts, locks or changes rows for somebody.
 */
export function visibleRows(name: EntityName, viewer: Viewer, action: EntityAction): object {
  const owners = reachableOwners(name, viewer, permissionTo(name, action));
  if (owners === 'everybody') return {};
  return { OR: ownersOf(name).map((column) => ({ [column]: { in: [...owners] } })) };
}

/**
 * The same condition in SQL, for statements that Prisma can't express.
 * @param alias by which the statement calls the entity's table.
 */
export function visibleRowsInSql(
  name: EntityName,
  viewer: Viewer,
  action: EntityAction,
  alias: string,
): Prisma.Sql {
  const owners = reachableOwners(name, viewer, permissionTo(name, action));
  if (owners === 'everybody') return Prisma.sql`TRUE`;
  const columns: Readonly<Record<string, Column | undefined>> = tables[entityOf(name).model].columns;
  const conditions = ownersOf(name).map((owner) => {
    const column = columns[owner];
    if (!column) throw new Error(`${name} has no column ${owner}.`);
    return Prisma.sql`${Prisma.raw(`"${alias}"."${column.name}"`)} = ANY (${[...owners]}::uuid[])`;
  });
  return Prisma.sql`(${Prisma.join(conditions, ' OR ')})`;
}

/**
 * Returns whether a row that holds these values exists for a viewer: for one that is about to be written, which must
 * not leave the reach of who writes it.
 */
export function isVisible(
  name: EntityName,
  viewer: Viewer,
  action: EntityAction,
  values: Readonly<Record<string, unknown>>,
): boolean {
  return isReached(name, viewer, permissionTo(name, action), values);
}

/** Returns whether a row that holds these values is among those for which a viewer holds a permission. */
export function isReached(
  name: EntityName,
  viewer: Viewer,
  permission: PermissionCode,
  values: Readonly<Record<string, unknown>>,
): boolean {
  const owners = reachableOwners(name, viewer, permission);
  if (owners === 'everybody') return true;
  return ownersOf(name).some((column) => owners.some((owner) => owner === values[column]));
}

/**
 * Returns for what a row has to exist for a viewer who does something to it. What may not be read does not exist; but
 * whoever may write without reading anything writes all the same.
 */
export function neededReach(name: EntityName, viewer: Viewer, action: EntityAction): readonly EntityAction[] {
  return hasPermission(viewer, `${entityOf(name).resource}:read`) ? [action, 'read'] : [action];
}

/** {@link isVisible} for all that {@link neededReach} asks for. */
export function isWithinReach(
  name: EntityName,
  viewer: Viewer,
  action: EntityAction,
  values: Readonly<Record<string, unknown>>,
): boolean {
  return neededReach(name, viewer, action).every((each) => isVisible(name, viewer, each, values));
}

/**
 * Returns the owner of a row that comes back with these values: the viewer, when they would not reach it otherwise
 * because its own owner is gone. A row that is about its owner becomes nobody else's.
 * @returns null when the viewer would not reach the row, and can't become its owner.
 */
export function ownerAtRestore(
  name: EntityName,
  viewer: Viewer,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> | null {
  const [owner] = ownersOf(name);
  if (owner === undefined || isWithinReach(name, viewer, 'delete', values)) return {};
  return isAboutOwner(name) ? null : { [owner]: viewer.userId };
}

/**
 * Returns the input with the viewer as the owner, if it names none and they would not reach the new row otherwise,
 * unless such rows are about their owners.
 * @param input of a creation.
 */
export function withOwner(name: EntityName, viewer: Viewer, input: object): object {
  const [owner] = ownersOf(name);
  if (owner === undefined || isAboutOwner(name)) return input;
  if (reachableOwners(name, viewer, permissionTo(name, 'write')) === 'everybody') return input;
  return { [owner]: viewer.userId, ...input };
}
