import type { Viewer } from '../auth/viewer.ts';
import type { EntityName } from '../catalogue/entities.ts';
import { containing, containingLowerCase } from '../db/search.ts';
import { searchSchema } from '../db/text.ts';
import { searchForms } from '../db/text-forms.ts';
import { parseInput } from '../errors/index.ts';
import type { Entity } from './entity.ts';
import { visibleRows } from './row-scope.ts';

/** The filter of an entity's list. */
export interface EntityFilter {
  /** Only rows with this text in one of the columns that are searched. */
  readonly search?: string | null | undefined;
  /** Only deleted rows instead of only live ones. */
  readonly deleted?: boolean | null | undefined;
}

/**
 * The condition for the rows that a filter lets through and that exist for the viewer.
 * @param further conditions, in Prisma's words.
 * @throws {ValidationFailedError} for a text that can't be searched for.
 */
export function entityFilter<Name extends EntityName>(
  { name, search: columns, searchLowerCase = [] }: Entity<Name>,
  viewer: Viewer,
  { search, deleted }: EntityFilter,
  further: readonly object[] = [],
): object {
  const text = parseInput(searchSchema, search, ['search']);
  const conditions = [
    ...(text === undefined
      ? []
      : [
          {
            OR: searchForms(text).flatMap((form) => [
              ...columns.map((column) => ({ [column]: containing(form) })),
              ...searchLowerCase.map((column) => ({ [column]: containingLowerCase(form) })),
            ]),
          },
        ]),
    ...further,
    visibleRows(name, viewer, 'read'),
    ...(deleted ? [visibleRows(name, viewer, 'delete')] : []),
  ].filter((condition) => Object.keys(condition).length > 0);
  return {
    deletedAt: deleted ? { not: null } : null,
    ...(conditions.length === 0 ? {} : { AND: conditions }),
  };
}
