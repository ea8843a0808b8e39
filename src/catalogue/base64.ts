/** Longer text is rare in ids and cursors, and gets its own buffer. */
const scratch = Buffer.allocUnsafe(1_024);

/** Encodes text as base64 of its UTF-8 without allocating a buffer, because a page does this some sixty times. */
export function encodeBase64(text: string, encoding: 'base64' | 'base64url'): string {
  // A character takes up to three bytes.
  if (text.length * 3 > scratch.length) return Buffer.from(text).toString(encoding);
  return scratch.toString(encoding, 0, scratch.write(text));
}
