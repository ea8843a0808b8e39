import { z } from 'zod';

const answerSchema = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }).optional() })).optional(),
});

/** An answer of a GraphQL endpoint: its data, or the code of what went wrong. */
export type EndpointAnswer = { readonly data: unknown } | { readonly code: string };

/** No answer comes later than this. */
const timeoutMilliseconds = 30_000;

/** Asks a GraphQL endpoint over HTTP. It never rejects: what has no code of its own is `HTTP <status>` or `NO_ANSWER`. */
export async function askEndpoint(
  url: string,
  document: string,
  { variables, token }: { readonly variables?: object; readonly token?: string } = {},
): Promise<EndpointAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const answer = answerSchema.safeParse(await response.json().catch(() => null));
    if (!answer.success) return { code: `HTTP ${response.status}` };
    const [error] = answer.data.errors ?? [];
    return error ? { code: error.extensions?.code ?? `HTTP ${response.status}` } : { data: answer.data.data };
  } catch {
    return { code: 'NO_ANSWER' };
  }
}
