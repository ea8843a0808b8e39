import { ConflictError, type Dependents } from '../errors/index.ts';

/**
 * Asserts that no row depends on the row to be deleted.
 * @param mayCount whether the viewer may know the number.
 * @throws {ConflictError} when any row does.
 */
export function assertNoDependents(counted: readonly Dependents[], mayCount: boolean): void {
  const dependents = counted.filter(({ count }) => count > 0);
  if (dependents.length === 0) return;
  throw new ConflictError({ reason: 'IN_USE', dependents: mayCount ? dependents : undefined });
}
