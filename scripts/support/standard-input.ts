import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { UsageError } from './script.ts';

/**
 * Reads standard input to its end, without the byte-order mark that some shells write first.
 * @throws {UsageError} when it is not UTF-8.
 */
export async function readStandardInput(): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin));
  } catch {
    throw new UsageError('Standard input must be UTF-8.');
  }
}

/**
 * Reads a JSON document from standard input.
 * @param example a valid document, for the error message.
 * @throws {UsageError} when the input does not match the schema.
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
