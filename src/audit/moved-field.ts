import { type EntityName, listOf } from '../catalogue/entities.ts';

/** The audit log's field for the rows of an entity that were moved to another row, e.g. `movedUsers`. */
export function movedField(name: EntityName): string {
  const list = listOf(name);
  return `moved${list.charAt(0).toUpperCase()}${list.slice(1)}`;
}
