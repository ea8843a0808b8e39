/** Longer text is rare in ids and cursors, and gets a buffer of its own. */
const scratch = Buffer.allocUnsafe(1_024);

/** Encodes text as base64 of its UTF-8, as a page does some sixty times: without a new buffer for each. */
export function encodeBase64(text: string, encoding: 'base64' | 'base64url'): string {
  // A character takes up to three bytes.
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString(encoding);
  return scratch.toString(encoding, 0, scratch.write(text));
}
