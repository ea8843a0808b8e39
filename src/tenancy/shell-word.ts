const plainWord = /^[\w./:@%+-]+$/;

/** Writes a text so that a POSIX shell takes it for one word: for commands that operators copy from our messages. */
export function shellWord(text: string): string {
  return plainWord.test(text)
    ? text
    : `'${text.replaceAll(/\p{Cc}/gu, '?').replaceAll("'", String.raw`'\''`)}'`;
}
