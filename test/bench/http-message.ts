/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

const blankLine = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Reads an answer from what has been received since it was asked for. @returns null as long as it isn't complete. */
export function readAnswer(received: Buffer): Answer | null {
  const headEnd = received.indexOf(blankLine);
  if (headEnd < 0) return null;
  const head = received.toString('latin1', 0, headEnd);
  const start = headEnd + blankLine.length;
  // After `HTTP/1.1 `.
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? null : { status, body: received.subarray(start, end) };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`An answer without a length: ${head}`);
  const body = readChunks(received, start);
  return body && { status, body };
}

function readChunks(received: Buffer, start: number): Buffer | null {
  const chunks: Buffer[] = [];
  for (let position = start; ; ) {
    const sizeEnd = received.indexOf(lineEnd, position);
    if (sizeEnd < 0) return null;
    const size = Number.parseInt(received.toString('latin1', position, sizeEnd), 16);
    const chunk = sizeEnd + lineEnd.length;
    const next = chunk + size + lineEnd.length;
    if (received.length < next) return null;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(chunk, chunk + size));
    position = next;
  }
}
