import { ConflictError, type Dependents } from '../errors/index.ts';

/**
 * Lets a row be deleted when none depends on it.
 * @param mayCount whether the viewer may know how many do.
 * @throws {ConflictError} when any does.
 */
export function assertNoDependents(counted: readonly Dependents[], mayCount: boolean): void {
  const dependents = counted.filter(({ count }) => count > 0);
  if (dependents.length === 0) return;
  throw new ConflictError({ reason: 'IN_USE', dependents: mayCount ? dependents : undefined });
}
