import type { HeaderReader } from './header-reader.ts';

/** A request that a page has sent. */
export interface PageRequest {
  readonly headers: HeaderReader;
  readonly url: string;
}

/** Hears of each request whose page may not use the API, with the origin as the client wrote it. */
export type RefusedOriginListener = (origin: string, request: PageRequest) => void;

/** A client can make up any number of origins, so that no more than this are kept, and told of. */
const keptOrigins = 100;

/** Creates a listener that passes on each refused origin once, and only what can't disturb a log or a terminal. */
export function createRefusedOriginReport(report: (origin: string) => void): RefusedOriginListener {
  const told = new Set<string>();
  return (origin, request) => {
    if (told.size >= keptOrigins || told.has(origin)) return;
    if (!isPlain(origin) || isOwnPage(origin, request)) return;
    told.add(origin);
    report(origin);
  };
}

/** A page that the server itself serves, GraphiQL or behind the same proxy, needs nobody's permission. */
function isOwnPage(origin: string, { headers, url }: PageRequest): boolean {
  if (headers.get('sec-fetch-site') === 'same-origin') return true;
  const host = headers.get('host') ?? new URL(url).host;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Returns whether this may be a browser's: short, and of characters that an origin has. */
function isPlain(origin: string): boolean {
  return origin.length <= 300 && /^(?:null|[a-z][a-z0-9+.-]*:\/\/[\w.:[\]-]+)$/i.test(origin);
}
