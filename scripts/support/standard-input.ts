import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { UsageError } from './script.ts';

/** Reads standard input to its end, without the byte-order mark that some shells begin with. @throws {UsageError} when it is not UTF-8. */
export async function readStandardInput(): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin));
  } catch {
    throw new UsageError('Standard input must be UTF-8.');
  }
}

/**
 * Reads a JSON document from standard input.
 * @param example what it should look like, for whoever sends something else.
 * @throws {UsageError} when it is not that.
 */
export async function readJsonFromStandardInput<T extends z.ZodType>(
  schema: T,
  example: string,
): Promise<z.output<T>> {
  const input = await readStandardInput();
  try {
    return schema.parse(JSON.parse(input));
  } catch {
    throw new UsageError(`Standard input must be JSON such as ${example}.`);
  }
}
