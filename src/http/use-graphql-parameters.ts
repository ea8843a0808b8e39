import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { type AppError, message, PayloadTooLargeError, UnsupportedMediaTypeError } from '../errors/index.ts';
import { badRequest, isPlainJson, readJson, readPosted } from './graphql-parameters.ts';

/**
 * Reads a request's GraphQL parameters from its query string, or from a JSON body in UTF-8 of at most `bodyLimit`
 * bytes. A form on another site's page can send URL-encoded, multipart and plain-text bodies without a preflight; JSON
 * requires one, which CORS decides.
 */
export function useGraphQLParameters(bodyLimit: number): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'GET') setRequestParser(readQueryString);
      if (request.method !== 'POST') return;
      if (!isPlainJson(request.headers)) throw refusal(new UnsupportedMediaTypeError(), 415);
      setRequestParser(async (posted) => {
        return readPosted(await readBody(bodyLimit, posted));
      });
    },
  };
}

function readQueryString({ url }: Request): GraphQLParams {
  const { searchParams } = new URL(url);
  const text = (name: string) => searchParams.get(name) || undefined;
  const object = (name: string) => {
    const json = text(name);
    return json === undefined ? undefined : readJson(json);
  };
  const parameters: Record<string, unknown> = {
    query: text('query'),
    operationName: text('operationName'),
    variables: object('variables'),
    extensions: object('extensions'),
  };
  return parameters;
}

async function readBody(limit: number, request: Request): Promise<ArrayBuffer | Uint8Array> {
  try {
    return await readAtMost(limit, request);
  } catch (error) {
    // A client that stopped sending won't receive this answer.
    throw error instanceof GraphQLError ? error : badRequest(message('request.bodyMissing'));
  }
}

/**
 * Checks a body with a `Content-Length` by that alone, because Node.js cuts the body off there. Only bodies of unknown
 * length are counted while being read: counting all of them would make every request about a tenth slower.
 */
async function readAtMost(limit: number, request: Request): Promise<ArrayBuffer | Uint8Array> {
  const announced = request.headers.get('content-length');
  if (announced !== null) {
    if (!/^\d+$/.test(announced) || Number(announced) > limit) throw tooLarge(limit);
    return request.arrayBuffer();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(limit: number): GraphQLError {
  return refusal(new PayloadTooLargeError(limit), 413);
}

function refusal(originalError: AppError, status: number): GraphQLError {
  return new GraphQLError('', { originalError, extensions: { http: { status } } });
}
