import type { App } from '../../src/app.ts';
import type { HttpHandler } from '../../src/http/http-handler.ts';
import type { Servable } from '../../src/http/listen.ts';

/** The ways to answer a request to `/graphql`: see DirectWay. */
export type Way = 'direct' | 'ordinary';

let current: Way = 'direct';

/** Sends everything by the given way from now on; test files share this. */
export function takeWay(way: Way): void {
  current = way;
}

/** The application for `listen`, by the way that the test file takes. */
export function served(app: App, way: Way = current): Servable {
  return way === 'direct' ? app : { fetch: app.fetch };
}

/** The application's answers without a network, by the way that the test file takes. */
export function fetchOf(app: App, way: Way = current): HttpHandler {
  return way === 'direct' ? (request, address) => fetchDirectly(app, request, address) : app.fetch;
}

/** As `listen` does: by the direct way, as far as it goes. */
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
