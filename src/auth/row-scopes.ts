import { z } from 'zod';
import { entities } from '../catalogue/entities.ts';

/** For which rows a permission is granted, from the fewest to all. */
export const rowScopes = ['OWN', 'DEPARTMENT', 'ALL'] as const;

/**
 * `OWN`: rows whose owner is the viewer. `DEPARTMENT`: rows whose owner is the viewer, or in the viewer's department or
 * one below it. `ALL`: every row, those without an owner too.
 */
export type RowScope = (typeof rowScopes)[number];

/** A row scope, as it is stored and sent. */
export const rowScopeSchema = z.enum(rowScopes);

/** Granted permissions: the row scope of each, by its code. */
export type Grants = ReadonlyMap<string, RowScope>;

/** Returns whether one scope lets somebody reach less than the other. */
export function isNarrower(one: RowScope, other: RowScope): boolean {
  return rowScopes.indexOf(one) < rowScopes.indexOf(other);
}

const scopedResources: ReadonlySet<string> = new Set(
  entities.flatMap((entity) => ('owners' in entity ? [entity.resource] : [])),
);

const headedReads: ReadonlySet<string> = new Set(
  entities.flatMap((entity) => ('headed' in entity ? [`${entity.resource}:read`] : [])),
);

/** Returns whether the head of a department reads of its people what the permission lets everybody read of themselves. */
export function isHeadedRead(permission: string): boolean {
  return headedReads.has(permission);
}

/** Returns whether the permission of that code is about rows that have owners. Any other has the scope `ALL`. */
export function hasRowScopes(permission: string): boolean {
  return scopedResources.has(permission.slice(0, permission.indexOf(':')));
}
