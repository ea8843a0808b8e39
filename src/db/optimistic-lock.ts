import { ConflictError } from '../errors/index.ts';

/**
 * Lets a change through when the row is still what the editor has read.
 * @param expected when the editor's copy was last changed; absent means that they don't mind.
 * @throws {ConflictError} with `updatedAt` when somebody has changed the row since.
 */
export function assertUnchanged(row: { readonly updatedAt: Date }, expected: Date | null | undefined): void {
  if (expected == null || row.updatedAt.getTime() === expected.getTime()) return;
  throw new ConflictError({ reason: 'STALE', updatedAt: row.updatedAt });
}
