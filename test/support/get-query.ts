import type { App } from '../../src/app.ts';

/** Sends a query by `GET`, as a caching client does. */
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
