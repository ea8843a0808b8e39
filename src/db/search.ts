/**
 * Makes a condition that `column ILIKE` can take: rows that contain `search`, whose `%`, `_` and `\` mean
 * themselves. Prisma passes them through as wildcards. Which letters are the same in upper and lower case is said by
 * the column's collation, so that the column needs one of its own: a Turkish database's has no `i` in `ADMIN`.
 */
export function containing(search: string): { contains: string; mode: 'insensitive' } {
  return { contains: escapeWildcards(search), mode: 'insensitive' };
}

/** {@link containing} for a column that is kept in lower case, whatever its collation. */
export function containingLowerCase(search: string): { contains: string } {
  return { contains: escapeWildcards(search.toLowerCase()) };
}

/** Makes text stand for itself in a condition that Prisma turns into `LIKE`. */
export function escapeWildcards(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
