/** Says how a URL's user and password are to be written: their characters can end the part of the URL they are in. */
export const encodingHint =
  'characters such as # / ? @ : % [ or a space in a user or password must be percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40, : as %3A, % as %25, [ as %5B, a space as %20';

/** URL parsers drop some of them without a word. */
const controlCharacters = /\p{Cc}/u;

/**
 * Parses a URL in which nothing stands for anything else than it seems to: what an unencoded character of a password
 * splits off isn't taken for a host, a path or a fragment.
 * @returns undefined when some character has to be encoded.
 */
export function parseExactUrl(text: string): URL | undefined {
  if (text.includes('#') || controlCharacters.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const parts = [url.username, url.password, url.pathname];
  return parts.every(canDecode) && !url.pathname.includes('@') ? url : undefined;
}

function canDecode(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}
