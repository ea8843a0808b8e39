import { Readable } from 'node:stream';
import iconv from 'iconv-lite';

/** An encoding in which spreadsheets write CSV: Korean ones still write CP949, if they are not asked for UTF-8. */
export type TextEncoding = 'utf-8' | 'cp949';

/** Returns the encoding of a text: UTF-8 is recognized by itself, with and without a byte order mark. */
export async function encodingOf(bytes: Readable): Promise<TextEncoding> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of bytes) utf8.decode(chunk, { stream: true });
    utf8.decode();
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return 'cp949';
    throw error;
  } finally {
    bytes.destroy();
  }
}

/** Decodes a text piece by piece, without its byte order mark. */
export function decodeText(bytes: Readable, encoding: TextEncoding): Readable {
  return Readable.from(pieces(bytes, encoding));
}

async function* pieces(bytes: Readable, encoding: TextEncoding): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding);
  let isFirst = true;
  for await (const chunk of bytes) {
    const text = decoder.write(chunk);
    yield isFirst ? text.replace(/^\ufeff/, '') : text;
    isFirst &&= text === '';
  }
  yield decoder.end() ?? '';
}
