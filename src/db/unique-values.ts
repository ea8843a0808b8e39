import { ConflictError, type FieldProblem } from '../errors/index.ts';
import { constraintViolation } from './database-errors.ts';

/**
 * Runs a write.
 * @param problemOf the problem of the field whose value another row has, by the name of the violated index.
 * @throws {ConflictError} at that field when another row has its value.
 */
export async function reportTaken<T>(
  problemOf: (constraint: string) => FieldProblem,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const violation = constraintViolation(error);
    if (violation?.kind !== 'unique') throw error;
    throw new ConflictError({ reason: 'TAKEN', fields: [problemOf(violation.constraint)] }, { cause: error });
  }
}
