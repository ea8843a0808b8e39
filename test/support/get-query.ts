import type { App } from '../../src/app.ts';

/** Sends a query by `GET`, as a client does that keeps answers. */
export function getQuery(
  { fetch }: Pick<App, 'fetch'>,
  query: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const url = new URL('http://api.test/graphql');
  url.searchParams.set('query', query);
  return fetch(new Request(url, { headers: { authorization: `Bearer ${token}`, ...headers } }));
}
