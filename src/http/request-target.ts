import type { IncomingMessage } from 'node:http';

/**
 * RFC 9112, section 3.2: a name or an address, optionally with a port; nothing that URL parsers interpret differently.
 */
const hostForm = /^(?:[\w.~!$&'()+,;=-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

/**
 * Checks that the request's URL can be determined from its `Host` and its target, and rewrites the target to begin
 * with a slash.
 * @returns false when it can't be determined.
 */
export function normalizeTarget(request: IncomingMessage): boolean {
  return hasOneGoodHost(request) && hasGoodTarget(request);
}

function hasOneGoodHost({ headers: { host }, rawHeaders }: IncomingMessage): boolean {
  // If it is absent, as in HTTP/1.0, or empty, our own address is used.
  if (host === undefined || host === '') return true;
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  return count === 1 && hostForm.test(host) && URL.canParse(`http://${host}/`);
}

function hasGoodTarget(request: IncomingMessage): boolean {
  const { url = '', method } = request;
  if (url.startsWith('/')) return true;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) {
    const { pathname, search } = new URL(url);
    request.url = `${pathname}${search}`;
    return true;
  }
  // A request about the server as a whole.
  if (url === '*' && method === 'OPTIONS') {
    request.url = '/';
    return true;
  }
  return false;
}
