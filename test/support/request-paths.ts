import type { App } from '../../src/app.ts';
import type { HttpHandler } from '../../src/http/http-handler.ts';
import type { Servable } from '../../src/http/listen.ts';

/** The paths that answer a request to `/graphql`: see DirectPath. */
export type RequestPath = 'direct' | 'ordinary';

let current: RequestPath = 'direct';

/** Sends all requests by the given path from now on; test files share this. */
export function usePath(path: RequestPath): void {
  current = path;
}

/** The application for `listen`, by the path that the test file uses. */
export function served(app: App, path: RequestPath = current): Servable {
  return path === 'direct' ? app : { fetch: app.fetch };
}

/** The application's answers without a network, by the path that the test file uses. */
export function fetchOf(app: App, path: RequestPath = current): HttpHandler {
  return path === 'direct' ? (request, address) => fetchDirectly(app, request, address) : app.fetch;
}

/** Answers as `listen` does: by the direct path if it accepts the request. */
async function fetchDirectly(
  { direct, fetch }: App,
  request: Request,
  address: string | null = null,
): Promise<Response> {
  const { pathname, search, host } = new URL(request.url);
  // A client sends both with any body whose length it knows.
  const body = Buffer.from(await request.clone().arrayBuffer());
  const headers = { host, 'content-length': String(body.length), ...Object.fromEntries(request.headers) };
  const head = { method: request.method, url: `${pathname}${search}`, headers };
  const answering = direct.takes(head) ? direct.answer(head, body, address) : null;
  if (!answering) return fetch(request, address);
  const answer = await answering;
  if (!answer) throw new Error('The client has not given up.');
  const response = new Response(answer.body, { status: answer.status });
  response.headers.delete('content-type');
  for (let index = 0; index < answer.headers.length; index += 2) {
    response.headers.append(answer.headers[index] ?? '', answer.headers[index + 1] ?? '');
  }
  return response;
}
