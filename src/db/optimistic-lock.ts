import { ConflictError } from '../errors/index.ts';

/**
 * Asserts that the row has not been changed since the editor read it.
 * @param expected the `updatedAt` of the editor's copy; absent to skip the check.
 * @throws {ConflictError} with `updatedAt` when somebody has changed the row since.
 */
export function assertUnchanged(row: { readonly updatedAt: Date }, expected: Date | null | undefined): void {
  if (expected == null || row.updatedAt.getTime() === expected.getTime()) return;
  throw new ConflictError({ reason: 'STALE', updatedAt: row.updatedAt });
}
