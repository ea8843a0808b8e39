import { ConflictError, ValidationFailedError } from '../errors/index.ts';

/**
 * Runs work on the input of an argument. The work names the input's fields alone; here they are blamed where they stand
 * in the operation.
 */
export async function reportFieldsIn<T>(argument: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ValidationFailedError || error instanceof ConflictError) throw error.under(argument);
    throw error;
  }
}
