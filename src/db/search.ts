/**
 * Makes a condition that `column ILIKE` can take: rows that contain `search`, whose `%`, `_` and `\` mean
 * themselves. Prisma passes them through as wildcards.
 */
export function containing(search: string): { contains: string; mode: 'insensitive' } {
  return { contains: search.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' };
}
