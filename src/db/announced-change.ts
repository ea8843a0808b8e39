import { AppError } from '../errors/index.ts';

/**
 * Runs a change, and announces it once it is committed or may be: when a connection breaks during a commit, nobody
 * knows. Our own refusals are thrown before anything is committed, so they announce nothing.
 */
export async function announced<T>(change: () => Promise<T>, announce: () => Promise<void>): Promise<T> {
  let result: T;
  try {
    result = await change();
  } catch (error) {
    if (!(error instanceof AppError)) await announce();
    throw error;
  }
  await announce();
  return result;
}
