import type { HeaderReader } from './header-reader.ts';

/** A request from a page. */
export interface PageRequest {
  readonly headers: HeaderReader;
  readonly url: string;
}

/** Called for each request whose page may not use the API, with the origin exactly as the client sent it. */
export type RefusedOriginListener = (origin: string, request: PageRequest) => void;

/** A client can invent any number of origins, so no more than this are remembered and reported. */
const keptOrigins = 100;

/** Creates a listener that reports each refused origin once, if it is safe for logs and terminals. */
export function createRefusedOriginReport(report: (origin: string) => void): RefusedOriginListener {
  const told = new Set<string>();
  return (origin, request) => {
    if (told.size >= keptOrigins || told.has(origin)) return;
    if (!isPlain(origin) || isOwnPage(origin, request)) return;
    told.add(origin);
    report(origin);
  };
}

/** Pages of the server's own origin, such as GraphiQL or those behind the same proxy, need no permission. */
function isOwnPage(origin: string, { headers, url }: PageRequest): boolean {
  if (headers.get('sec-fetch-site') === 'same-origin') return true;
  const host = headers.get('host') ?? new URL(url).host;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Returns whether a browser may have sent this: it is short and has only characters of an origin. */
function isPlain(origin: string): boolean {
  return origin.length <= 300 && /^(?:null|[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]+)$/i.test(origin);
}
