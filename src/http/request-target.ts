import type { IncomingMessage } from 'node:http';

/** RFC 9112, section 3.2: a name or an address, and perhaps a port. Nothing that a URL would understand otherwise. */
const hostForm = /^(?:[\w.~!$&'()+,;=-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i;

/**
 * Makes sure that the request's URL can be told from its `Host` and its target, and brings the target into the form
 * that begins with a slash; false when it can't be.
 */
export function normalizeTarget(request: IncomingMessage): boolean {
  return hasOneGoodHost(request) && hasGoodTarget(request);
}

function hasOneGoodHost({ headers: { host }, rawHeaders }: IncomingMessage): boolean {
  // Without one, as in HTTP/1.0, or with an empty one, our own address stands for it.
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
  // About the server as a whole.
  if (url === '*' && method === 'OPTIONS') {
    request.url = '/';
    return true;
  }
  return false;
}
