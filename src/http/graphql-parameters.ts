import { GraphQLError } from 'graphql';
import { type Message, message, RequestInvalidError } from '../errors/index.ts';
import { assertShallowJson } from '../graphql/limits.ts';
import type { HeaderReader } from './header-reader.ts';

/** The parameters of a request to `/graphql`, as parsed from JSON. */
export type PostedParameters = Readonly<Record<string, unknown>>;

/** Returns whether a body is uncompressed JSON in UTF-8. */
export function isPlainJson(headers: HeaderReader): boolean {
  const contentType = headers.get('content-type') ?? '';
  const encoding = headers.get('content-encoding');
  if (encoding === null && contentType === 'application/json') return true;
  const [mediaType, ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1])
    .find((name) => name !== undefined);
  return (
    mediaType?.trim() === 'application/json' &&
    ['utf-8', 'utf8', 'us-ascii'].includes(charset ?? 'utf-8') &&
    ['identity', ''].includes(encoding?.trim().toLowerCase() ?? '')
  );
}

/**
 * Reads the JSON object of a body.
 * @throws {GraphQLError} when it isn't one.
 * @throws {QueryTooComplexError} when it is nested too deeply.
 */
export function readPosted(body: ArrayBuffer | Uint8Array): PostedParameters {
  const parameters = readJson(decode(body));
  if (!isObject(parameters)) throw badRequest(message('request.notJsonObject'));
  return parameters;
}

/**
 * Parses JSON.
 * @throws {GraphQLError} for anything else.
 * @throws {QueryTooComplexError} for JSON that is nested too deeply.
 */
export function readJson(text: string): unknown {
  assertShallowJson(text);
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(message('request.notJson'));
  }
}

/** A fault of the HTTP request itself. */
export function badRequest(said: Message): GraphQLError {
  const originalError = new RequestInvalidError(said);
  return new GraphQLError('', { originalError, extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8 and drops a byte order mark, which some systems prepend to every text. */
function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badRequest(message('request.notUnicode'));
  }
}
