/**
 * Makes a condition that `column ILIKE` can take: rows that contain `search`, whose `%`, `_` and `\` mean
 * themselves. Prisma passes them through as wildcards.
 */
export function containing(search: string): { contains: string; mode: 'insensitive' } {
  return { contains: escapeWildcards(search), mode: 'insensitive' };
}

/** Makes text stand for itself in a condition that Prisma turns into `LIKE`. */
export function escapeWildcards(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
