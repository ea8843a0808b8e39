import type { Duplex } from 'node:stream';

/** The type of an ErrorResponse (PostgreSQL manual, «Message Formats»). */
const errorResponse = 'E'.charCodeAt(0);

/** The type and the length of a message. */
const headerBytes = 5;

/** libpq doesn't interpret a longer first message as an error of the current protocol. */
const longestErrorBytes = 30_000;

/** PostgreSQL's SQLSTATE when pg_hba.conf has no entry for this kind of connection. */
const notAuthorized = '28000';

/** Poolers have their own codes for it, which they also use for other faults. */
const aboutTls = /\b(SSL|TLS)\b|SSLREQUIRED/i;

/**
 * Passes on the first bytes that a server sends in a session; an error only once it is complete.
 * @param listener receives the bytes, and the server's reason if it refuses this kind of connection before
 * authentication.
 */
export function firstMessage(
  stream: Duplex,
  listener: (message: Buffer, refusal: string | null) => void,
): void {
  let received = Buffer.alloc(0);
  const look = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (!isComplete(received)) return;
    stream.off('data', look);
    listener(received, refusalIn(received));
  };
  stream.on('data', look);
}

function isComplete(message: Buffer): boolean {
  if (message[0] !== errorResponse) return true;
  return message.length >= headerBytes && message.length >= Math.min(lengthOf(message), longestErrorBytes);
}

/** The length includes itself, but not the type. */
function lengthOf(message: Buffer): number {
  return 1 + message.readUInt32BE(1);
}

function refusalIn(message: Buffer): string | null {
  if (message[0] !== errorResponse || lengthOf(message) > longestErrorBytes) return null;
  const fields = new Map(
    message
      .toString('utf8', headerBytes, lengthOf(message))
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  );
  const reason = fields.get('M') ?? '';
  return fields.get('C') === notAuthorized || aboutTls.test(reason) ? reason : null;
}
