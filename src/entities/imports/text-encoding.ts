import { Readable } from 'node:stream';
import iconv from 'iconv-lite';

/** An encoding in which spreadsheets write CSV: Korean ones still write CP949, if they are not asked for UTF-8. */
export type TextEncoding = 'utf-8' | 'cp949';

/**
 * Returns the encoding of a text: UTF-8 is recognized by its byte order mark, or by itself, even where a character of it
 * is broken. CP949 has few sequences of bytes that UTF-8 could have, and many that it could not.
 */
export async function encodingOf(bytes: Readable): Promise<TextEncoding> {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  let isFirst = true;
  let isSound = true;
  let sound = 0;
  let broken = 0;
  const count = (text: string) => {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit === replacement) broken++;
      else if (unit > lastOfAscii) sound++;
    }
  };
  try {
    for await (const chunk of bytes) {
      isSound &&= decodes(() => strict.decode(chunk, { stream: true }));
      const text = lenient.decode(chunk, { stream: true });
      if (isFirst && text.startsWith('\ufeff')) return 'utf-8';
      isFirst &&= text === '';
      count(text);
    }
    isSound &&= decodes(() => strict.decode());
    count(lenient.decode());
    return isSound || (sound > 0 && sound >= broken) ? 'utf-8' : 'cp949';
  } finally {
    bytes.destroy();
  }
}

/** U+FFFD, which the decoder puts in the place of a broken character. */
const replacement = 0xfffd;
const lastOfAscii = 0x7f;

/** Returns whether a decoder takes what it is given for its encoding. */
function decodes(decode: () => string): boolean {
  try {
    decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
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
