import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A nameless file of this process, which can be read several times: what is too large for memory waits there. */
export interface Spool {
  append(chunk: Uint8Array | string): Promise<void>;
  read(): Readable;
  close(): Promise<void>;
}

const pieceBytes = 65_536;

/** A stream of Node.js would close the file at its end. */
async function* pieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Creates an empty spool. Its file has no name any more, so that nobody else finds it, and no crash leaves it behind. */
export async function createSpool(): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), 'cxg-'));
  const file = await open(join(folder, 'spool'), 'wx+', 0o600).finally(() =>
    rm(folder, { recursive: true, force: true }),
  );
  return {
    async append(chunk) {
      await (typeof chunk === 'string' ? file.write(chunk) : file.write(chunk));
    },
    read: () => Readable.from(pieces(file)),
    close: () => file.close(),
  };
}
