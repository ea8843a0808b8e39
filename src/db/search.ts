/**
 * Creates a condition for `column ILIKE`: rows that contain `search`, whose `%`, `_` and `\` stand for themselves.
 * Prisma passes them through as wildcards. The column's collation decides which letters match in upper and lower
 * case, so the column needs an explicit one: in a Turkish database's, `ADMIN` contains no `i`.
 */
export function containing(search: string): { contains: string; mode: 'insensitive' } {
  return { contains: escapeWildcards(search), mode: 'insensitive' };
}

/** Like {@link containing}, for a column that holds only lower case, whatever its collation. */
export function containingLowerCase(search: string): { contains: string } {
  return { contains: escapeWildcards(search.toLowerCase()) };
}

/** Escapes text for a condition that Prisma turns into `LIKE`. */
function escapeWildcards(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
