import { z } from 'zod';
import type { HttpHandler } from '../../src/http/http-handler.ts';

/** One GraphQL error as a client sees it. */
export interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
}

/** An answer of the GraphQL endpoint. `data` is as loose as JSON is: assertions say what they expect. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: z.output<typeof bodySchema>['data'];
  readonly errors: readonly ClientError[];
  /** The codes of the errors, for assertions that are about nothing else. */
  readonly codes: readonly string[];
}

/** The options of a request besides its document. */
export interface ClientRequest {
  readonly token?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a document; resolves with the answer, whatever its status. */
export type GraphQLClient = (query: string, request?: ClientRequest) => Promise<ClientAnswer>;

const errorSchema = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.looseObject({ code: z.string() }),
});

const bodySchema = z.object({ data: z.any().optional(), errors: z.array(errorSchema).default([]) });

/** Creates a client of an app's fetch handler. */
export function createGraphQLClient(fetch: HttpHandler): GraphQLClient {
  return async (query, { token, variables, operationName, headers } = {}) => {
    const response = await fetch(
      new Request('http://api.test/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: JSON.stringify({ query, variables, operationName }),
      }),
    );
    const { data, errors } = bodySchema.parse(await response.json());
    return {
      status: response.status,
      headers: response.headers,
      data,
      errors,
      codes: errors.map(({ extensions }) => extensions.code),
    };
  };
}
