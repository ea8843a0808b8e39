import { getDomain } from 'tldts';

/** Tells whether a page of this origin, as its browser sends it in `Origin`, may use the API. */
export type OriginMatcher = (origin: string) => boolean;

/** Matches `https://*.example.com`, which allows every name directly below example.com. */
const patternForm = /^https:\/\/\*\.(?<parent>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?<port>[1-9]\d{0,4}))?$/;

/** One label of a host name. Underscores are allowed, because older companies' keys have them. */
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';

/** An application's own scheme, whose origin browsers send as it is: `capacitor://localhost`. */
const applicationForm = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9_.-]+(:\d{1,5})?$/;

/** Schemes whose pages have the origin `null`, or none. */
const schemesWithoutOrigin = ['file:', 'data:', 'blob:', 'about:', 'javascript:', 'ftp:', 'ws:', 'wss:'];

/**
 * Says why an entry of `ALLOWED_ORIGINS` would never match an origin, or would match those of strangers. Null for a
 * good one: an origin as browsers write it, or a pattern for one label below a host of ours, over https only.
 */
export function describeOriginFault(entry: string): string | null {
  if (entry === '*' || entry === 'null') return 'would let every page in, with the cookie';
  if (entry.includes('*')) return describePatternFault(entry);
  if (!URL.canParse(entry)) return 'is no origin such as https://app.example.com';
  const { protocol, origin } = new URL(entry);
  if (schemesWithoutOrigin.includes(protocol)) return `has a scheme whose pages have no origin (${protocol})`;
  if (origin === entry) return null;
  // Browsers give pages of other schemes an origin; the URL standard doesn't.
  if (origin === 'null' && applicationForm.test(entry)) return null;
  return 'is not written as browsers do it: scheme and host in lower case, no default port, and nothing behind, not even a slash';
}

function describePatternFault(entry: string): string | null {
  const { parent, port } = patternForm.exec(entry)?.groups ?? {};
  if (parent === undefined) {
    return 'has a * elsewhere than for the first label of an https host, as in https://*.example.com';
  }
  const example = `https://a.${parent}${port === undefined ? '' : `:${port}`}`;
  if (!URL.canParse(example) || new URL(example).origin !== example) {
    return 'names no host that a browser would write so';
  }
  if (!parent.includes('.')) return 'has a * right below a top-level domain';
  // The Public Suffix List, with the hosts of other people's pages that their owners have put there.
  if (getDomain(parent, { allowPrivateDomains: true }) === null) {
    return 'has a * where strangers have their pages';
  }
  return null;
}

/** Pages that this machine itself serves, on whatever port: development servers take what they find free. */
const loopbackOrigin = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::[1-9]\d{0,4})?$/;

/**
 * Creates the matcher for a list of valid entries.
 * @param allowsLoopback whether pages of this machine may use the API as well: for development.
 */
export function createOriginMatcher(entries: readonly string[], allowsLoopback = false): OriginMatcher {
  const exact = new Set(entries.filter((entry) => !entry.includes('*')));
  const patterns = entries
    .filter((entry) => entry.includes('*'))
    .map((entry) => new RegExp(`^${entry.replaceAll('.', '\\.').replace('*', label)}$`));
  if (allowsLoopback) patterns.push(loopbackOrigin);
  return (origin) => exact.has(origin) || patterns.some((pattern) => pattern.test(origin));
}
